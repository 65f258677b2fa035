import { BanMsSchema, parse } from '@parley/shared/protocol';
import * as v from 'valibot';
import { roomIdOf, TargetEntries, targetOf } from '../inputs.ts';
import type { AdminHandler } from '../route.ts';

/** `banMs` of 0 lifts the ban. */
const Body = v.object({ ...TargetEntries, banMs: v.union([v.literal(0), BanMsSchema], 'must be 0 or a ban in ms') });

export const ban: AdminHandler = async (request) => {
  const body = parse(Body, request.body);
  await request.moderation.ban(roomIdOf(request), null, targetOf(body), body.banMs);
  return {};
};
