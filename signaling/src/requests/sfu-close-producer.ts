import { type Handler, speakerIn } from './context.ts';

export const sfuCloseProducer: Handler<'sfu:closeProducer'> = async (context, input) =>
  context.media.closeProducer(speakerIn(context, input.roomId), input);
