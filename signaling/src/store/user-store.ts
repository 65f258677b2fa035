/** The connection that a user has. */
export interface Holder {
  /** The signaling node that holds it. */
  nodeId: string;
  sessionId: string;
  /** The client that made it: one that reconnects is the same. */
  instance: string;
}

/** A holder, and when it became that: of two, the one with the greater epoch is the newer. */
export interface Held extends Holder {
  epoch: number;
}

export interface Claim {
  epoch: number;
  /** Whose place was taken; null: nobody's, or our own. */
  previous: Held | null;
}

export type Reassertion = { held: true; previous: Held | null } | { held: false; by: Held };

/**
 * Which connection each user has, across nodes. An epoch is the time in ms, and at least one more than the last one
 * for that user: so it counts up even when the store has lost what it knew.
 */
export interface UserStore {
  /** The newest connection wins. */
  claim(userId: string, holder: Holder): Promise<Claim>;
  /** Tells again what an earlier claim told, should it have been lost; a newer one keeps the place. */
  reassert(userId: string, held: Held): Promise<Reassertion>;
  find(userId: string): Promise<Held | null>;
  /** Gives the place up, if that connection still has it. */
  release(userId: string, sessionId: string): Promise<boolean>;
}

/** Whether `a` came later than `b`; of two that were claimed apart in the same ms, one is chosen for good. */
export function isNewer(a: Held, b: Held): boolean {
  return a.epoch > b.epoch || (a.epoch === b.epoch && a.sessionId > b.sessionId);
}
