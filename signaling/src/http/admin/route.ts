import { ParleyError } from '@parley/shared/protocol';
import type { AppEvents } from '../../app-events/app-events.ts';
import type { Moderation } from '../../moderation/moderation.ts';
import type { RoomState } from '../../rooms/index.ts';
import type { SfuNodes } from '../../sfu/sfu.ts';

/** Where a user is; null: not online. */
export type Whereabouts = (userId: string) => Promise<{ rooms: readonly string[] } | null>;

/** What requests of the operator are handled with. */
export interface AdminServices {
  moderation: Moderation;
  appEvents: AppEvents;
  rooms: { ids(): Promise<string[]>; read(roomId: string): Promise<RoomState | null> };
  whereabouts: Whereabouts;
  sfu: SfuNodes;
}

export interface AdminRequest extends AdminServices {
  /** The part of the path that names a room, a user or a node. */
  id: string;
  query: URLSearchParams;
  body: unknown;
}

/** Answers one request with what becomes the JSON of the response; what it throws becomes the error. */
export type AdminHandler = (request: AdminRequest) => Promise<object>;

export interface Route {
  method: 'GET' | 'POST';
  /** `:id` stands for one part of the path. */
  path: string;
  handle: AdminHandler;
}

/** What a path leads to. */
export interface Match {
  id: string;
  routes: readonly Route[];
}

/** The routes of a path, whatever the method. @throws {ParleyError} `invalid_request` when a part is not well-formed */
export function match(routes: readonly Route[], path: string): Match {
  const parts = path.split('/');
  const fitting = routes.filter((route) => {
    const pattern = route.path.split('/');
    return pattern.length === parts.length && pattern.every((part, i) => part === ':id' || part === parts[i]);
  });
  const at = fitting[0]?.path.split('/').indexOf(':id') ?? -1;
  return { id: decoded(parts[at] ?? ''), routes: fitting };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new ParleyError('invalid_request', 'The path is not well-formed.', { path: 'id' });
  }
}
