import { roomIdOf } from '../inputs.ts';
import type { AdminHandler } from '../route.ts';

export const lock: AdminHandler = async (request) => {
  await request.moderation.lock(roomIdOf(request), null, true);
  return {};
};
