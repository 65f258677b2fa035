import type { Handler } from './context.ts';

export const matchBlock: Handler<'match:block'> = async ({ matching, caller }, { userId }) => {
  await matching.matchmaker.block(caller, userId);
  return {};
};
