import { type Handler, speakerIn } from './context.ts';

export const sfuConnect: Handler<'sfu:connect'> = async (context, input) =>
  context.media.connect(speakerIn(context, input.roomId), input);
