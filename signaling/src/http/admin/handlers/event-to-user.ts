import { AppEventContentSchema, parse } from '@parley/shared/protocol';
import { userIdOf } from '../inputs.ts';
import type { AdminHandler } from '../route.ts';

/** `online` says whether there was anyone to tell. */
export const eventToUser: AdminHandler = async (request) => {
  const userId = userIdOf(request);
  const content = parse(AppEventContentSchema, request.body);
  const online = (await request.whereabouts(userId)) !== null;
  request.appEvents.send({ kind: 'user', userId }, content);
  return { online };
};
