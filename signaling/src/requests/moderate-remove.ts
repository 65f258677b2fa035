import { type Handler, moderatorIn } from './context.ts';

export const moderateRemove: Handler<'moderate:remove'> = async (context, { roomId, participantId, banMs }) => {
  const by = moderatorIn(context, roomId);
  const target = { memberId: participantId };
  if (banMs === undefined) await context.moderation.remove(roomId, by, target);
  else await context.moderation.ban(roomId, by, target, banMs);
  return {};
};
