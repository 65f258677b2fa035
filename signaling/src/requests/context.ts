import { ParleyError, type RequestInput, type RequestName, type RequestOutput } from '@parley/shared/protocol';
import type { IceServers } from '../ice/ice-servers.ts';
import type { Sessions } from '../identity/sessions.ts';
import type { Matching } from '../matchmaking/matching.ts';
import type { Moderation } from '../moderation/moderation.ts';
import type { Presence } from '../presence/presence.ts';
import type { Speaker } from '../rooms/index.ts';
import type { Session } from '../service/audience.ts';
import type { Media } from '../service/media.ts';
import type { Membership } from '../service/membership.ts';
import type { Mesh } from '../service/mesh.ts';
import type { Quality } from '../service/quality.ts';

/** What requests are handled with; the same for all connections. */
export interface Services {
  moderation: Moderation;
  membership: Membership;
  mesh: Mesh;
  media: Media;
  quality: Quality;
  matching: Matching;
  presence: Presence;
  sessions: Sessions;
  ice: IceServers;
}

/** One connection's side of it. */
export interface Caller extends Session {
  /** Who this connection is in a room. */
  memberIn(roomId: string): string | undefined;
}

export interface RequestContext extends Services {
  caller: Caller;
  /** True once the request has been answered otherwise (its deadline passed): nobody waits for it any more. */
  isOver: () => boolean;
}

/** Answers one request; what it throws becomes the error of the acknowledgement. */
export type Handler<R extends RequestName> = (
  context: RequestContext,
  input: RequestInput<R>,
) => Promise<RequestOutput<R>>;

/** The member as whom this connection speaks in a room. @throws {ParleyError} `not_in_room` */
export function speakerIn({ caller }: RequestContext, roomId: string): Speaker {
  const memberId = caller.memberIn(roomId);
  if (memberId === undefined) throw new ParleyError('not_in_room');
  return { memberId, sessionId: caller.id };
}

/** The same, for what only moderators may do. @throws {ParleyError} `not_in_room`, `not_allowed` */
export function moderatorIn(context: RequestContext, roomId: string): Speaker {
  const speaker = speakerIn(context, roomId);
  if (!context.caller.user.grants.moderate) throw new ParleyError('not_allowed');
  return speaker;
}
