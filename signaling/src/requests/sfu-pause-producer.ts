import { type Handler, speakerIn } from './context.ts';

export const sfuPauseProducer: Handler<'sfu:pauseProducer'> = async (context, input) =>
  context.media.pauseProducer(speakerIn(context, input.roomId), input);
