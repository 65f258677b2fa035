import { parse } from '@parley/shared/protocol';
import * as v from 'valibot';
import { roomIdOf, TargetEntries, targetOf } from '../inputs.ts';
import type { AdminHandler } from '../route.ts';

const Body = v.object(TargetEntries);

export const remove: AdminHandler = async (request) => {
  await request.moderation.remove(roomIdOf(request), null, targetOf(parse(Body, request.body)));
  return {};
};
