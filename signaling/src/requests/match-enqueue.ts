import type { Handler } from './context.ts';

export const matchEnqueue: Handler<'match:enqueue'> = ({ matching, caller }, { ticketId, ...wishes }) =>
  matching.matchmaker.enqueue(caller, ticketId, wishes);
