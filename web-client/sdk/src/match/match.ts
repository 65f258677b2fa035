import { ParleyError, type ServerEvent } from '@parley/shared/protocol';
import { type Clock, type Emitter, type Logger, randomId, systemClock, type Timer } from '@parley/shared/runtime';
import type { Connection } from '../signaling/connection.ts';
import type { CloseReason, Match, MatchEvents, MatchOptions, MatchState, Participant, Room } from '../types.ts';
import { wishesOf } from './wishes.ts';

export interface MatchSessionOptions {
  connection: Pick<Connection, 'open' | 'request' | 'tell' | 'on' | 'connected'>;
  options: MatchOptions;
  /** Joins the room that the pass opens. */
  join: (roomId: string, pass: string) => Promise<Room>;
  onClosed: () => void;
  /** Where those who look listen. */
  events: Emitter<MatchEvents>;
  log: Logger;
  clock?: Clock;
}

/** Waits between attempts to queue, in ms; the last repeats. */
const RETRY_MS = [300, 1_000, 3_000];
/** Nothing heard for so long after a match was found: ask how the ticket stands. */
const NEWS_MS = 12_000;
/** A partner who has not come into the room by then will not. */
const ARRIVAL_MS = 10_000;
/** Rooms that could not be joined, in a row, before there is no point in trying on. */
const JOIN_FAILURES = 3;

/** A search for people to talk to, and the room it leads to; then the next one. */
export class MatchSession implements Omit<Match, 'on' | 'off'> {
  readonly #options: MatchSessionOptions;
  readonly #clock: Clock;
  readonly #events: Emitter<MatchEvents>;
  readonly #subscriptions: (() => void)[];
  #ticketId = '';
  #state: MatchState = 'waiting';
  #room: Room | null = null;
  #partners: readonly string[] = [];
  /** In which room they are met. */
  #roomId: string | undefined;
  #timer: Timer | undefined;
  #attempts = 0;
  #joinFailures = 0;

  constructor(options: MatchSessionOptions) {
    const { connection } = options;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#events = options.events;
    const mine =
      <T extends { ticketId: string }>(handle: (event: T) => void) =>
      (event: T) => {
        if (event.ticketId === this.#ticketId) handle(event);
      };
    const askAgain = () => {
      if (this.#isSearching) void this.#enqueue();
    };
    this.#subscriptions = [
      connection.on(
        'match:found',
        mine((event) => this.#onFound(event)),
      ),
      connection.on(
        'match:requeued',
        mine(() => this.#isSearching && this.#wait()),
      ),
      connection.on(
        'match:ready',
        mine((event) => void this.#onReady(event)),
      ),
      connection.on(
        'match:closed',
        mine((event) => this.#onTicketClosed(event)),
      ),
      connection.on('reconnected', askAgain),
      connection.on('moved', askAgain),
      connection.on('refused', ({ code, message }) => this.#close({ code, message })),
    ];
    // Whoever began the search listens first.
    queueMicrotask(() => this.#state === 'waiting' && this.#search());
  }

  get state(): MatchState {
    return this.#state;
  }

  get room(): Room | null {
    return this.#room;
  }

  get partners(): readonly string[] {
    return this.#partners;
  }

  async next(): Promise<void> {
    if (this.#state === 'closed') throw new ParleyError('conflict', 'The search has ended.');
    // The new ticket takes the place of the old one, should there be one.
    this.#search();
    await this.#leaveRoom();
  }

  async cancel(): Promise<void> {
    if (this.#state === 'closed') return;
    if (this.#isSearching) this.#options.connection.tell('match:cancel', { ticketId: this.#ticketId });
    const left = this.#leaveRoom();
    this.#close({ code: 'left', message: 'You stopped looking.' });
    await left;
  }

  async block(userId?: string): Promise<void> {
    const blocked = userId === undefined ? this.#partners : [userId];
    await Promise.all(blocked.map((it) => this.#options.connection.request('match:block', { userId: it })));
  }

  async report(reason: string, userId = this.#partners[0]): Promise<void> {
    const roomId = this.#roomId;
    if (userId === undefined || roomId === undefined) throw new ParleyError('conflict', 'You have met nobody yet.');
    await this.#options.connection.request('match:report', { userId, roomId, reason });
  }

  get #isSearching(): boolean {
    return this.#state === 'waiting' || this.#state === 'found';
  }

  #search(): void {
    this.#ticketId = randomId();
    this.#attempts = 0;
    this.#wait();
    void this.#enqueue();
  }

  #wait(): void {
    this.#setTimer(undefined);
    this.#state = 'waiting';
    this.#events.emit('waiting');
  }

  /** Queues, or asks how the ticket stands: the answer comes as an event too. */
  async #enqueue(): Promise<void> {
    const { connection, options } = this.#options;
    const ticketId = this.#ticketId;
    const isOver = () => ticketId !== this.#ticketId || !this.#isSearching;
    try {
      await connection.open();
      if (isOver()) return;
      const { state } = await connection.request('match:enqueue', { ticketId, ...wishesOf(options) });
      if (isOver()) return;
      this.#attempts = 0;
      if (state === 'waiting' && this.#state === 'found') this.#wait();
      // Its event may have got lost with the connection that it was meant for.
      else if (state !== 'waiting') this.#setTimer(NEWS_MS, () => void this.#enqueue());
    } catch (cause) {
      if (isOver()) return;
      const error = cause instanceof ParleyError ? cause : new ParleyError('internal', undefined, { cause });
      if (!error.retryable) return this.#close({ code: error.code, message: error.message });
      const wait = RETRY_MS[Math.min(this.#attempts++, RETRY_MS.length - 1)] ?? 0;
      this.#setTimer(Math.max(wait, error.retryAfterMs ?? 0), () => void this.#enqueue());
    }
  }

  #onFound({ matchId, size }: ServerEvent<'match:found'>): void {
    if (!this.#isSearching) return;
    this.#state = 'found';
    this.#setTimer(NEWS_MS, () => void this.#enqueue());
    this.#events.emit('found', size);
    // Too late, or lost: then the news of that comes, or the timer asks for it.
    this.#options.connection
      .request('match:confirm', { matchId })
      .catch((error: unknown) => this.#options.log.info('match not confirmed', { error }));
  }

  async #onReady({ ticketId, roomId, pass, partners }: ServerEvent<'match:ready'>): Promise<void> {
    if (!this.#isSearching) return;
    this.#setTimer(undefined);
    this.#state = 'joining';
    this.#partners = partners;
    this.#roomId = roomId;
    const isOver = () => ticketId !== this.#ticketId || this.#state !== 'joining';
    try {
      const room = await this.#options.join(roomId, pass);
      if (isOver()) return void room.leave();
      this.#joinFailures = 0;
      this.#enter(room);
    } catch (error) {
      if (isOver()) return;
      this.#options.log.warn('the room of a match was not joined', { error });
      const isOurs = error instanceof ParleyError;
      if (isOurs && ++this.#joinFailures < JOIN_FAILURES) return this.#search();
      const { code, message } = isOurs ? error : { code: nameOf(error), message: String(error) };
      this.#close({ code, message });
    }
  }

  #enter(room: Room): void {
    this.#room = room;
    this.#state = 'together';
    const others = () => [...room.participants.values()].filter(({ isSelf }) => !isSelf);
    const isOurs = () => this.#room === room;
    const alone = (participant: Participant | null) => {
      if (isOurs()) this.#state = 'alone';
      this.#events.emit('partnerLeft', participant);
    };
    room.on('participantJoined', () => {
      if (isOurs()) this.#state = 'together';
    });
    room.on('participantLeft', (participant) => {
      if (!isOurs()) return;
      if (others().length === 0) alone(participant);
      else this.#events.emit('partnerLeft', participant);
    });
    room.on('closed', () => {
      if (!isOurs()) return;
      alone(null);
      this.#room = null;
    });
    this.#setTimer(ARRIVAL_MS, () => {
      if (isOurs() && others().length === 0 && this.#state === 'together') alone(null);
    });
    this.#events.emit('room', room);
  }

  #onTicketClosed({ code, message }: ServerEvent<'match:closed'>): void {
    if (!this.#isSearching) return;
    // Our confirmation came too late: that is no reason to give up.
    if (code === 'match_expired' && this.#state === 'found') this.#search();
    else this.#close({ code, message });
  }

  async #leaveRoom(): Promise<void> {
    const room = this.#room;
    this.#room = null;
    await room?.leave();
  }

  #close(reason: CloseReason): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#setTimer(undefined);
    for (const unsubscribe of this.#subscriptions) unsubscribe();
    this.#options.onClosed();
    this.#events.emit('closed', reason);
    this.#events.removeAllListeners();
  }

  /** There is one thing at a time to wait for. */
  #setTimer(ms: number | undefined, fn: () => void = () => {}): void {
    this.#clock.cancel(this.#timer);
    this.#timer = ms === undefined ? undefined : this.#clock.after(ms, fn);
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'internal';
}
