import type { Handler } from './context.ts';

export const presenceUnwatch: Handler<'presence:unwatch'> = async ({ presence, caller }, { watchId }) => {
  presence.unwatch(caller.id, watchId);
  return {};
};
