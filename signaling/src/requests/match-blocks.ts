import type { Handler } from './context.ts';

export const matchBlocks: Handler<'match:blocks'> = async ({ matching, caller }) => ({
  userIds: await matching.blocks.blockedBy(caller.user.id),
});
