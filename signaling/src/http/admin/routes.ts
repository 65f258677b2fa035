import { ban } from './handlers/ban.ts';
import { drainNode } from './handlers/drain-node.ts';
import { end } from './handlers/end.ts';
import { eventToAll } from './handlers/event-to-all.ts';
import { eventToRoom } from './handlers/event-to-room.ts';
import { eventToUser } from './handlers/event-to-user.ts';
import { listNodes } from './handlers/list-nodes.ts';
import { listRooms } from './handlers/list-rooms.ts';
import { lock } from './handlers/lock.ts';
import { mute } from './handlers/mute.ts';
import { remove } from './handlers/remove.ts';
import { showRoom } from './handlers/show-room.ts';
import { showUser } from './handlers/show-user.ts';
import { unlock } from './handlers/unlock.ts';
import type { Route } from './route.ts';

/** Everything an operator may ask. */
export const ROUTES: readonly Route[] = [
  { method: 'POST', path: '/v1/events', handle: eventToAll },
  { method: 'POST', path: '/v1/rooms/:id/events', handle: eventToRoom },
  { method: 'POST', path: '/v1/users/:id/events', handle: eventToUser },
  { method: 'GET', path: '/v1/nodes', handle: listNodes },
  { method: 'POST', path: '/v1/nodes/:id/drain', handle: drainNode },
  { method: 'GET', path: '/v1/rooms', handle: listRooms },
  { method: 'GET', path: '/v1/rooms/:id', handle: showRoom },
  { method: 'POST', path: '/v1/rooms/:id/mute', handle: mute },
  { method: 'POST', path: '/v1/rooms/:id/remove', handle: remove },
  { method: 'POST', path: '/v1/rooms/:id/ban', handle: ban },
  { method: 'POST', path: '/v1/rooms/:id/lock', handle: lock },
  { method: 'POST', path: '/v1/rooms/:id/unlock', handle: unlock },
  { method: 'POST', path: '/v1/rooms/:id/end', handle: end },
  { method: 'GET', path: '/v1/users/:id', handle: showUser },
];
