import type { Handler } from './context.ts';

export const matchCancel: Handler<'match:cancel'> = async ({ matching, caller }, { ticketId }) => {
  await matching.matchmaker.cancel(caller, ticketId);
  return {};
};
