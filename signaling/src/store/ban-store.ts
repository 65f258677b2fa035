/**
 * What stays shut for a time: a room for a user, or, for good, a room that was ended. Keyed by subject (see `banned`
 * and `ended`); a ban said again replaces the one before. Both stores forget by themselves what is over.
 */
export interface BanStore {
  /** @param until ms since the epoch; a time that is past lifts the ban. */
  set(subject: string, until: number): Promise<void>;
  /** Until when, in ms since the epoch; null: not at all. */
  until(subject: string): Promise<number | null>;
}

/** A user in a room. */
export function banned(roomId: string, userId: string): string {
  return `user:${JSON.stringify([roomId, userId])}`;
}

/** A room that was ended: what its members hold to resume is void. */
export function ended(incarnation: string): string {
  return `ended:${incarnation}`;
}
