import { roomIdOf } from '../inputs.ts';
import type { AdminHandler } from '../route.ts';

export const unlock: AdminHandler = async (request) => {
  await request.moderation.lock(roomIdOf(request), null, false);
  return {};
};
