import type { Handler } from './context.ts';

export const presenceWatch: Handler<'presence:watch'> = async ({ presence, caller }, { userIds }) =>
  presence.watch(caller.id, userIds);
