import { userIdOf } from '../inputs.ts';
import type { AdminHandler } from '../route.ts';

export const showUser: AdminHandler = async (request) => {
  const userId = userIdOf(request);
  const where = await request.whereabouts(userId);
  return { userId, online: where !== null, rooms: where?.rooms ?? [] };
};
