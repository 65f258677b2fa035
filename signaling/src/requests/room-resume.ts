import type { Handler } from './context.ts';

export const roomResume: Handler<'room:resume'> = (context, { roomId, resumeToken, topologyToken, muted, deafened }) =>
  context.membership.resume({
    session: context.caller,
    isOver: context.isOver,
    roomId,
    resumeToken,
    topologyToken,
    muted,
    deafened,
  });
