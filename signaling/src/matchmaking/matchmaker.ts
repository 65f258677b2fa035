import { MATCH_ROOM_PREFIX, type MatchStanding, type MatchWishes, ParleyError } from '@parley/shared/protocol';
import type { Clock, Emitter, Logger } from '@parley/shared/runtime';
import type { Bus } from '../cluster/bus.ts';
import type { User } from '../identity/user.ts';
import type { BlockStore } from '../store/block-store.ts';
import type { Notice, Standing, Ticket, TicketStore } from '../store/ticket-store.ts';
import { Batches } from './batches.ts';
import { kindText } from './kind.ts';
import { answerOf, type Held, nameOf, type Waiter, Waiting } from './waiting.ts';

/** What becomes of tickets, for whoever counts. */
export type MatchmakerEvents = {
  /** Someone's room is open, so many ms after they had asked for it. */
  matched: [waitedMs: number];
  cancelled: [];
  requeued: [];
  /** A ticket was closed: nobody confirmed for it, or it had waited for too long. */
  expired: [];
  /** Its connection dropped. */
  gone: [];
  /** A sweep by this node cleared something away. */
  swept: [kind: 'ticket' | 'match', count: number];
};

export interface MatchmakerOptions {
  store: TicketStore;
  blocks: BlockStore;
  bus: Bus;
  /** A pass that lets the user into the room. */
  issuePass: (roomId: string, userId: string) => string;
  events: Emitter<MatchmakerEvents>;
  clock: Clock;
  logger: Logger;
}

const FULL_RETRY_MS = 5_000;

/** Brings strangers together: holds the tickets of this node's connections, and tells them what becomes of them. */
export class Matchmaker {
  readonly waiting = new Waiting();
  readonly batches: Batches;
  readonly #options: MatchmakerOptions;
  readonly #nodeId: string;
  readonly #parking = new Set<Promise<void>>();

  constructor(options: MatchmakerOptions) {
    const { store, clock, bus } = options;
    this.#options = options;
    this.#nodeId = bus.nodeId;
    this.batches = new Batches({ store, clock, onNotices: (notices) => this.#tellAll(notices) });
    bus.on('match', ({ notice }) => this.#hear(notice));
  }

  /**
   * Queues, or comes back to the queue; the ticket that the user had is replaced. What the answer says is told as an
   * event too, so that it makes no difference who was faster.
   * @throws {ParleyError} `not_allowed`, `server_full`, `store_unavailable`
   */
  async enqueue(waiter: Waiter, ticketId: string, wishes: MatchWishes): Promise<MatchStanding> {
    const { clock, blocks } = this.#options;
    const { user, id: sessionId } = waiter;
    mayBeMatched(user);
    const avoid = await blocks.blockedBy(user.id);
    await this.#leaveOtherMode(waiter, wishes.mode);
    // Should the store have lost it, its time is known here.
    const before = this.waiting.find({ sessionId, ticketId });
    const since = before?.ticket.since ?? clock.now();
    const kind = kindText(wishes);
    const ticket: Ticket = { userId: user.id, ticketId, sessionId, nodeId: this.#nodeId, since, kind, avoid };
    const held: Held = { waiter, mode: wishes.mode, ticket, matchId: null, ended: null };
    this.waiting.set(held);
    const standing = await this.batches.ask(wishes.mode, { op: 'enqueue', ticket }).catch((error: unknown) => {
      if (before && waiter.isOpen) this.waiting.set(before);
      else this.waiting.drop(held);
      throw error;
    });
    if (standing.state === 'full') {
      this.waiting.drop(held);
      throw new ParleyError('server_full', 'Too many people wait already.', { retryAfterMs: FULL_RETRY_MS });
    }
    // The connection ended meanwhile: nobody was there yet to say so.
    if (!waiter.isOpen) this.#park(held);
    else this.catchUp(held, standing);
    return answerOf(standing, since);
  }

  /** @throws {ParleyError} `match_expired` when there is no such match any more */
  async confirm(waiter: Waiter, matchId: string): Promise<void> {
    const held = this.waiting.get(waiter.id);
    if (!held) throw new ParleyError('match_expired');
    const { state } = await this.batches.ask(held.mode, { op: 'confirm', matchId, ...nameOf(held) });
    if (state !== 'pending' && state !== 'ready') throw new ParleyError('match_expired');
  }

  async cancel(waiter: Waiter, ticketId: string): Promise<void> {
    const held = this.waiting.find({ sessionId: waiter.id, ticketId });
    if (!held) return;
    this.#giveUp(held, 'cancel');
    await this.batches.ask(held.mode, { op: 'cancel', ...nameOf(held) });
    this.#options.events.emit('cancelled');
  }

  /** The connection is gone. Its ticket keeps its place for a while, and is matched with nobody meanwhile. */
  disconnected(sessionId: string): void {
    const held = this.waiting.get(sessionId);
    if (held) this.#park(held);
  }

  /** This node goes down: its clients take up their places at another one. */
  async close(): Promise<void> {
    for (const held of [...this.waiting]) this.#park(held);
    await Promise.all(this.#parking);
  }

  /** The two meet no more, whoever of them asks. */
  async block(waiter: Waiter, userId: string): Promise<void> {
    if (userId === waiter.user.id) throw new ParleyError('conflict', 'That is you.');
    await this.#options.blocks.block(waiter.user.id, userId, this.#options.clock.now());
    const held = this.waiting.get(waiter.id);
    if (!held) return;
    held.ticket.avoid = [...held.ticket.avoid, userId];
    await this.batches.ask(held.mode, { op: 'avoid', userId: waiter.user.id, other: userId });
  }

  /** Brings a client up to date, whatever of it was told before. */
  catchUp(held: Held, standing: Standing): void {
    const named = { ...nameOf(held), nodeId: this.#nodeId };
    switch (standing.state) {
      case 'pending':
        return this.#hear({ ...named, type: 'found', ...standing });
      case 'ready':
        return this.#hear({ ...named, type: 'ready', ...standing });
      case 'waiting':
        if (held.matchId !== null) this.#hear({ ...named, type: 'requeued' });
        return;
      case 'taken':
        return this.#hear({ ...named, type: 'closed', code: 'replaced' });
      case 'none':
      case 'full':
      case 'swept':
        return;
    }
  }

  #tellAll(notices: readonly Notice[]): void {
    for (const notice of notices) {
      if (notice.nodeId === this.#nodeId) this.#hear(notice);
      else this.#options.bus.send(notice.nodeId, { type: 'match', notice });
    }
  }

  #hear(notice: Notice): void {
    const held = this.waiting.find(notice);
    if (!held) return;
    const { events, issuePass, clock, logger } = this.#options;
    const { waiter, ticket } = held;
    const { ticketId } = ticket;
    switch (notice.type) {
      case 'found': {
        const { matchId, confirmBy, size } = notice;
        if (held.matchId === matchId) return;
        held.matchId = matchId;
        waiter.tell('match:found', { ticketId, matchId, confirmBy, size });
        return;
      }
      case 'ready': {
        const { matchId, partners, since } = notice;
        const roomId = `${MATCH_ROOM_PREFIX}${matchId}`;
        this.waiting.drop(held);
        waiter.tell('match:ready', { ticketId, roomId, partners, pass: issuePass(roomId, ticket.userId) });
        logger.info('matched', { roomId, userId: ticket.userId });
        events.emit('matched', Math.max(0, clock.now() - since));
        return;
      }
      case 'requeued':
        held.matchId = null;
        waiter.tell('match:requeued', { ticketId });
        events.emit('requeued');
        return;
      case 'closed': {
        const { code } = notice;
        this.waiting.drop(held);
        waiter.tell('match:closed', { ticketId, code, message: new ParleyError(code).message });
        events.emit(code === 'replaced' ? 'cancelled' : 'expired');
        return;
      }
    }
  }

  #park(held: Held): void {
    this.#giveUp(held, 'park');
    this.#options.events.emit('gone');
    const parking = this.batches
      .ask(held.mode, { op: 'park', ...nameOf(held) })
      .catch((error: unknown) => {
        // It is swept when its time has passed.
        this.#options.logger.debug('ticket not parked', { userId: held.ticket.userId, error });
      })
      .then(() => void this.#parking.delete(parking));
    this.#parking.add(parking);
  }

  #giveUp(held: Held, how: 'cancel' | 'park'): void {
    held.ended = how;
    this.waiting.drop(held);
  }

  /** Decisions are taken within one mode: a ticket in another one would be a second ticket. */
  async #leaveOtherMode(waiter: Waiter, mode: string): Promise<void> {
    const held = this.waiting.get(waiter.id);
    if (held && held.mode !== mode) await this.cancel(waiter, held.ticket.ticketId);
  }
}

function mayBeMatched({ grants, room }: User): void {
  // A token for one room opens no others.
  if (!grants.join || room !== null) throw new ParleyError('not_allowed');
}
