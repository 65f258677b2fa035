import type { Handler } from './context.ts';

export const sessionRefresh: Handler<'session:refresh'> = ({ sessions, caller }, { token }) =>
  sessions.refresh(caller.id, token);
