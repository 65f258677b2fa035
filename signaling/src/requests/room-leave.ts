import { type Handler, speakerIn } from './context.ts';

export const roomLeave: Handler<'room:leave'> = async (context, { roomId }) => {
  await context.membership.leave(context.caller, roomId, speakerIn(context, roomId));
  return {};
};
