import { type Handler, speakerIn } from './context.ts';

export const sfuProduce: Handler<'sfu:produce'> = async (context, input) =>
  context.media.produce(speakerIn(context, input.roomId), input);
