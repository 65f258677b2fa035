import { type Handler, speakerIn } from './context.ts';

export const sfuRestartIce: Handler<'sfu:restartIce'> = async (context, input) =>
  context.media.restartIce(speakerIn(context, input.roomId), input);
