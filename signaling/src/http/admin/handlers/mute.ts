import { parse } from '@parley/shared/protocol';
import * as v from 'valibot';
import { roomIdOf, TargetEntries, targetOf } from '../inputs.ts';
import type { AdminHandler } from '../route.ts';

const Body = v.object({ ...TargetEntries, silenced: v.optional(v.boolean(), true) });

export const mute: AdminHandler = async (request) => {
  const body = parse(Body, request.body);
  await request.moderation.mute(roomIdOf(request), null, targetOf(body), body.silenced);
  return {};
};
