import type { Handler } from './context.ts';

export const matchUnblock: Handler<'match:unblock'> = async ({ matching, caller }, { userId }) => {
  await matching.blocks.unblock(caller.user.id, userId);
  return {};
};
