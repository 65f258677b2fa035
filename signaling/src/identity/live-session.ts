import type { ErrorCode, ServerEvent, ServerEventName } from '@parley/shared/protocol';
import type { Session } from '../service/audience.ts';
import type { User } from './user.ts';

export interface Presence {
  roomId: string;
  memberId: string;
}

/** A client's connection, as what watches over identities sees it. */
export interface LiveSession extends Session {
  /** The client that made it: the same one when it reconnects. */
  readonly instance: string;
  /** As whom it speaks in which rooms. */
  readonly presences: Presence[];
  tell<E extends ServerEventName>(name: E, event: ServerEvent<E>): void;
  /** This is who they are from now on. */
  renew(user: User): void;
  /** They are no longer in the room, and are told why. */
  shut(roomId: string, code: ErrorCode): void;
  /** Ends it for good, telling why. */
  close(code: ErrorCode, message?: string): void;
  /** Ends it as the network would. */
  drop(): void;
}
