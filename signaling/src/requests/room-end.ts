import { type Handler, moderatorIn } from './context.ts';

export const roomEnd: Handler<'room:end'> = async (context, { roomId }) => {
  await context.moderation.end(roomId, moderatorIn(context, roomId));
  return {};
};
