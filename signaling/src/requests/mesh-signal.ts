import { type Handler, speakerIn } from './context.ts';

export const meshSignal: Handler<'mesh:signal'> = async (context, input) => {
  await context.mesh.signal(speakerIn(context, input.roomId), input);
  return {};
};
