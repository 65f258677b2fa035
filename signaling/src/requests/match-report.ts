import type { Handler } from './context.ts';

export const matchReport: Handler<'match:report'> = async ({ matching, caller }, { userId, roomId, reason }) => {
  await matching.report({ from: caller.user.id, about: userId, roomId, reason });
  return {};
};
