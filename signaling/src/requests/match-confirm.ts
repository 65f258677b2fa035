import type { Handler } from './context.ts';

export const matchConfirm: Handler<'match:confirm'> = async ({ matching, caller }, { matchId }) => {
  await matching.matchmaker.confirm(caller, matchId);
  return {};
};
