/** One person's wish to be matched, as a store keeps it. */
export interface Ticket {
  userId: string;
  /** Made by the client, one per search: who comes back with the same one keeps their place. */
  ticketId: string;
  /** The connection that waits, and its node. */
  sessionId: string;
  nodeId: string;
  /** When the waiting began; in ms since the epoch. */
  since: number;
  /** Canonical text of the wishes (matchmaking/kind.ts). */
  kind: string;
  /** Users whom this one has blocked. */
  avoid: readonly string[];
}

export interface Named {
  userId: string;
  ticketId: string;
  sessionId: string;
}

export type TicketOperation =
  /** A client queues, or comes back: the user's ticket there is replaced; the same ticket keeps its time and state. */
  | { op: 'enqueue'; ticket: Ticket }
  /** A node makes sure that a ticket of its own is there; never takes it from another session. */
  | { op: 'assert'; ticket: Ticket }
  /** A node says that a ticket's connection lives. */
  | ({ op: 'touch' } & Named)
  | ({ op: 'confirm'; matchId: string } & Named)
  | ({ op: 'cancel' } & Named)
  /** The connection has dropped: nobody is matched with the ticket, which keeps its place for a while. */
  | ({ op: 'park' } & Named)
  /** The user blocks another one. */
  | { op: 'avoid'; userId: string; other: string }
  /** Looks after what time has brought: widened tickets, expired leases, tickets that nobody holds any more. */
  | { op: 'sweep' };

export type Standing =
  | { state: 'waiting'; since: number }
  | { state: 'pending'; since: number; matchId: string; confirmBy: number; size: number }
  | { state: 'ready'; since: number; matchId: string; partners: string[] }
  /** There is no such ticket (any more). */
  | { state: 'none' }
  /** The user's ticket is another one, or another connection's. */
  | { state: 'taken' }
  | { state: 'full' }
  | ({ state: 'swept' } & Sweep);

/** What one look found. */
export interface Sweep {
  /** Tickets of dead nodes. */
  stale: number;
  /** Tickets whose connection did not come back. */
  vanished: number;
  /** Matches that someone did not confirm. */
  unconfirmed: number;
  /** Tickets that waited for too long. */
  expired: number;
  /** Tickets there are now, but for those of people who have met. */
  tickets: number;
  /** Nothing is left to look after. */
  isEmpty: boolean;
  /** There is more of it: look again. */
  more: boolean;
}

/** What has become of a ticket. */
export type TicketNews =
  | { type: 'found'; matchId: string; confirmBy: number; size: number }
  | { type: 'ready'; matchId: string; partners: string[]; since: number }
  /** The match will not be; the ticket stands where it stood. */
  | { type: 'requeued' }
  | { type: 'closed'; code: 'match_expired' | 'replaced' };

/** What somebody has to be told; whoever applied the operations sees to it. */
export type Notice = Named & { nodeId: string } & TicketNews;

export interface Applied {
  /** One for each operation. */
  standings: Standing[];
  notices: Notice[];
}

/** Everyone who waits to be matched. Tickets of one mode are decided on in one place, atomically. */
export interface TicketStore {
  /**
   * Applies operations in order, none in between; each that adds a ticket also looks for its match.
   * @param now ms since the epoch
   */
  apply(mode: string, operations: readonly TicketOperation[], now: number): Promise<Applied>;
  /** Modes in which someone may wait. */
  modes(): Promise<string[]>;
}
