import { type Handler, speakerIn } from './context.ts';

export const roomReady: Handler<'room:ready'> = async (context, { roomId, epoch }) => {
  await context.membership.ready(roomId, speakerIn(context, roomId), epoch);
  return {};
};
