import { GUEST_PREFIX } from '@parley/shared/access-token';
import type { Grants } from '@parley/shared/protocol';

/** Who is behind a connection. */
export interface User {
  /** Unique across nodes; a guest's begins with `guest:`. */
  readonly id: string;
  readonly kind: 'guest' | 'token' | 'supabase';
  /** The name that an access token gives; null: whatever they call themselves. */
  readonly name: string | null;
  /** What an access token says about them, for the other members to see. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly grants: Readonly<Grants>;
  /** The one room that an access token opens; null: any. */
  readonly room: string | null;
  /** When, in ms since the epoch, what proves them ends; null: never. */
  readonly expiresAt: number | null;
}

/** Whether they may come into that room. */
export function mayEnter({ grants, room }: User, roomId: string): boolean {
  return grants.join && (room === null || room === roomId);
}

/** What the members of a room see and hold them to. */
export function standingOf({ id, metadata, grants }: User) {
  return { userId: id, metadata: { ...metadata }, canSpeak: grants.speak, canListen: grants.listen };
}

export function isGuestId(id: string): boolean {
  return id.startsWith(GUEST_PREFIX);
}

/** Someone who has shown nothing: may do all but moderate. */
export function guest(id: string): User {
  return {
    id: isGuestId(id) ? id : `${GUEST_PREFIX}${id}`,
    kind: 'guest',
    name: null,
    metadata: {},
    grants: { join: true, speak: true, listen: true, moderate: false },
    room: null,
    expiresAt: null,
  };
}
