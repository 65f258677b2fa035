import { type Handler, moderatorIn } from './context.ts';

export const moderateMute: Handler<'moderate:mute'> = async (context, { roomId, participantId, silenced }) => {
  const by = moderatorIn(context, roomId);
  await context.moderation.mute(roomId, by, { memberId: participantId }, silenced);
  return {};
};
