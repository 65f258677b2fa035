import { type Handler, speakerIn } from './context.ts';

export const sfuResumeConsumers: Handler<'sfu:resumeConsumers'> = async (context, input) =>
  context.media.resumeConsumers(speakerIn(context, input.roomId), input);
