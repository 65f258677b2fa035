import { type Handler, speakerIn } from './context.ts';

export const selfUpdate: Handler<'self:update'> = async (context, { roomId, muted, deafened }) => {
  await context.membership.update(roomId, speakerIn(context, roomId), { muted, deafened });
  return {};
};
