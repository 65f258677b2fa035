import { type Handler, moderatorIn } from './context.ts';

export const roomLock: Handler<'room:lock'> = async (context, { roomId, locked }) => {
  await context.moderation.lock(roomId, moderatorIn(context, roomId), locked);
  return {};
};
