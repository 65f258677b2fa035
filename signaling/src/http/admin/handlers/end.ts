import { roomIdOf } from '../inputs.ts';
import type { AdminHandler } from '../route.ts';

export const end: AdminHandler = async (request) => {
  await request.moderation.end(roomIdOf(request), null);
  return {};
};
