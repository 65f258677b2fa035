import { type Handler, speakerIn } from './context.ts';

export const sfuOpen: Handler<'sfu:open'> = async (context, input) =>
  context.media.open(speakerIn(context, input.roomId), input, context.caller.region);
