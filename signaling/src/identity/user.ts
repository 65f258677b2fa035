/** What a user may do. */
export interface Grants {
  readonly join: boolean;
  readonly speak: boolean;
  readonly listen: boolean;
  readonly moderate: boolean;
}

/** Who is behind a connection. */
export interface User {
  /** Unique across nodes; a guest's begins with `guest:`. */
  readonly id: string;
  readonly kind: 'guest' | 'token' | 'supabase';
  /** The name that an access token gives; null: whatever they call themselves. */
  readonly name: string | null;
  /** What an access token says about them, for the other members to see. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly grants: Grants;
  /** The one room that an access token opens; null: any. */
  readonly room: string | null;
  /** When, in ms since the epoch, what proves them ends; null: never. */
  readonly expiresAt: number | null;
}

/** Someone who has shown nothing: may do all but moderate. */
export function guest(id: string): User {
  return {
    id: `guest:${id}`,
    kind: 'guest',
    name: null,
    metadata: {},
    grants: { join: true, speak: true, listen: true, moderate: false },
    room: null,
    expiresAt: null,
  };
}
