import { type Handler, speakerIn } from './context.ts';

export const roomRequestSfu: Handler<'room:requestSfu'> = async (context, { roomId, epoch }) => {
  await context.membership.requestSfu(roomId, speakerIn(context, roomId), epoch, context.caller.region);
  return {};
};
