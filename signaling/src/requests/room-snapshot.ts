import { type Handler, speakerIn } from './context.ts';

export const roomSnapshot: Handler<'room:snapshot'> = async (context, { roomId }) =>
  context.membership.snapshot(roomId, speakerIn(context, roomId));
