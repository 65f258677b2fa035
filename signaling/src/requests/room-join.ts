import type { Handler } from './context.ts';

export const roomJoin: Handler<'room:join'> = (context, { roomId, name, joinId, muted, deafened, pass }) => {
  context.matching.letIn(context.caller.user, roomId, pass);
  return context.membership.join({
    session: context.caller,
    isOver: context.isOver,
    roomId,
    name,
    joinId,
    muted,
    deafened,
  });
};
