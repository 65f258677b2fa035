import type { Emitter } from '@parley/shared/runtime';

/** Something said to the outside world, and where it stands among what its room has said. */
export interface OutboxEntry {
  position: number;
  text: string;
}

export interface OutboxLimits {
  /** Names of those that are told. */
  receivers: readonly string[];
  /** Entries that may wait, in all … */
  max: number;
  /** … and of one room. */
  maxPerRoom: number;
}

export type OutboxEvents = {
  /** The room may have something for its receivers that this node can see to. */
  pending: [roomId: string];
  /** There was too much: so many of a room's entries, the oldest, will never be delivered. */
  dropped: [roomId: string, count: number];
};

/**
 * What rooms say to the outside world, room by room in the order it was said, until every receiver has accepted it.
 * Bounded: when it is full the oldest go, and `dropped` says so. Receivers are known by name; a new one begins with
 * what is still there.
 */
export interface Outbox {
  readonly events: Emitter<OutboxEvents>;
  /** Whether what waits outlives this node. */
  readonly isShared: boolean;
  /** A room is about to say something: whatever happens to this node from here on, what is said will be found. */
  expect(roomId: string): Promise<void>;
  /** What a change of the room has said, once the change is stored. */
  add(roomId: string, entries: readonly string[]): void;
  /** The oldest that the receiver has not accepted; null when there is none, or another node sees to that room. */
  next(roomId: string, receiver: string): Promise<OutboxEntry | null>;
  accepted(roomId: string, receiver: string, position: number): Promise<void>;
  /** How many entries wait; null when nobody knows. */
  backlog(): Promise<number | null>;
  close(): void;
}
