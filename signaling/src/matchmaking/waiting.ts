import type { MatchStanding, ServerEvent, ServerEventName } from '@parley/shared/protocol';
import type { User } from '../identity/user.ts';
import type { Named, Standing, Ticket } from '../store/ticket-store.ts';

/** A connection that may wait for a match. */
export interface Waiter {
  readonly id: string;
  readonly user: User;
  readonly isOpen: boolean;
  tell<E extends ServerEventName>(name: E, event: ServerEvent<E>): void;
}

/** A ticket of this node's. */
export interface Held {
  readonly waiter: Waiter;
  readonly mode: string;
  readonly ticket: Ticket;
  /** The match that the client was told of and that has not ended otherwise. */
  matchId: string | null;
  /** How it was given up, once it was. */
  ended: 'cancel' | 'park' | null;
}

/** The tickets whose connections this node holds: one for each connection at most. */
export class Waiting {
  readonly #bySession = new Map<string, Held>();

  get size(): number {
    return this.#bySession.size;
  }

  get modes(): Set<string> {
    return new Set(Array.from(this.#bySession.values(), ({ mode }) => mode));
  }

  [Symbol.iterator](): IterableIterator<Held> {
    return this.#bySession.values();
  }

  get(sessionId: string): Held | undefined {
    return this.#bySession.get(sessionId);
  }

  /** The ticket, if it is still that one. */
  find({ sessionId, ticketId }: { sessionId: string; ticketId: string }): Held | undefined {
    const held = this.#bySession.get(sessionId);
    return held?.ticket.ticketId === ticketId ? held : undefined;
  }

  set(held: Held): void {
    this.#bySession.set(held.waiter.id, held);
  }

  /** Forgets a ticket, unless another has taken its place. */
  drop(held: Held): void {
    if (this.#bySession.get(held.waiter.id) === held) this.#bySession.delete(held.waiter.id);
  }
}

export function nameOf({ ticket }: Held): Named {
  const { userId, ticketId, sessionId } = ticket;
  return { userId, ticketId, sessionId };
}

/** What a client is answered. */
export function answerOf(standing: Standing, since: number): MatchStanding {
  if (standing.state === 'pending') return { state: 'found', since: standing.since };
  if (standing.state === 'ready') return { state: 'ready', since: standing.since };
  return { state: 'waiting', since: standing.state === 'waiting' ? standing.since : since };
}
