import type { OperationsInput, OperationsRequestName } from '@parley/shared/operations';
import { drainNode } from '../http/admin/handlers/drain-node.ts';
import { end } from '../http/admin/handlers/end.ts';
import { mute } from '../http/admin/handlers/mute.ts';
import type { AdminHandler } from '../http/admin/route.ts';

export type ActionName = Exclude<OperationsRequestName, 'watch'>;

interface Action<R extends ActionName> {
  /** The route of the admin API that does it. */
  route: string;
  handle: AdminHandler;
  asked: (input: OperationsInput<R>) => { id: string; body: object };
}

/** What an operator does on the page is what the admin API does. */
export const ACTIONS: { [R in ActionName]: Action<R> } = {
  'node:drain': {
    route: '/v1/nodes/:id/drain',
    handle: drainNode,
    asked: ({ nodeId }) => ({ id: nodeId, body: {} }),
  },
  'room:end': {
    route: '/v1/rooms/:id/end',
    handle: end,
    asked: ({ roomId }) => ({ id: roomId, body: {} }),
  },
  'participant:mute': {
    route: '/v1/rooms/:id/mute',
    handle: mute,
    asked: ({ roomId, participantId, silenced }) => ({ id: roomId, body: { participantId, silenced } }),
  },
};
