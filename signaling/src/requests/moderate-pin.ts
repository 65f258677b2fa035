import { type Handler, moderatorIn } from './context.ts';

export const moderatePin: Handler<'moderate:pin'> = async (context, { roomId, participantId, pinned }) => {
  await context.moderation.pin(roomId, moderatorIn(context, roomId), participantId, pinned);
  return {};
};
