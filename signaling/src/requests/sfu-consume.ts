import { type Handler, speakerIn } from './context.ts';

export const sfuConsume: Handler<'sfu:consume'> = async (context, input) =>
  context.media.consume(speakerIn(context, input.roomId), input);
