import { CONTROL_REQUESTS } from '@parley/shared/control';
import { ParleyError, parse } from '@parley/shared/protocol';
import * as v from 'valibot';
import type { AdminHandler } from '../route.ts';

/** Without `deadlineMs` the node's own setting holds. */
const Body = v.object({ deadlineMs: v.optional(CONTROL_REQUESTS['node:drain'].input.entries.deadlineMs, null) });

export const drainNode: AdminHandler = async ({ sfu, id, body }) => {
  const { deadlineMs } = parse(Body, body);
  if (!sfu.states().some(({ nodeId }) => nodeId === id))
    throw new ParleyError('not_found', 'No such node is in reach.');
  return sfu.request(id, 'node:drain', { deadlineMs });
};
