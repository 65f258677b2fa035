import type { Clock, Logger, Timer } from '@parley/shared/runtime';
import type { Standing, TicketStore } from '../store/ticket-store.ts';
import type { Matchmaker } from './matchmaker.ts';
import { type Held, nameOf } from './waiting.ts';

/** How often a node says that its tickets live: three times before it would be taken for dead. */
const TOUCH_MS = 4_000;
const SWEEP_MS = 500;
/** Modes looked after in one turn, and looks at one mode while there is more. */
const MODES_A_TURN = 100;
const ROUNDS = 20;

export interface MatchUpkeepOptions {
  matchmaker: Matchmaker;
  store: TicketStore;
  onSwept: (kind: 'ticket' | 'match', count: number) => void;
  clock: Clock;
  logger: Logger;
}

/**
 * What time asks for. A node says that its tickets live, and brings back with their old time those that the store has
 * lost; and every node looks after everyone's tickets, so that it does not matter which of them dies.
 */
export class MatchUpkeep {
  readonly #options: MatchUpkeepOptions;
  #touching: Timer | undefined;
  #sweeping: Timer | undefined;
  #turn = 0;
  #sweepFrom = 0;
  #tickets = 0;
  #closed = false;

  constructor(options: MatchUpkeepOptions) {
    this.#options = options;
    this.#touchLater();
    this.#sweepLater();
  }

  /** Tickets of all nodes in the modes that were looked after last. */
  get tickets(): number {
    return this.#tickets;
  }

  /** The store is in reach again: before anything is taken for dead there, those who live say so. */
  async handleStoreUp(): Promise<void> {
    this.#sweepFrom = this.#options.clock.now() + TOUCH_MS;
    await this.touch();
  }

  close(): void {
    this.#closed = true;
    this.#options.clock.cancel(this.#touching);
    this.#options.clock.cancel(this.#sweeping);
  }

  async touch(): Promise<void> {
    const { matchmaker, logger } = this.#options;
    const all = [...matchmaker.waiting].map((held) => this.#touchOne(held));
    const failed = (await Promise.allSettled(all)).find((result) => result.status === 'rejected');
    if (failed) logger.debug('tickets not renewed', { error: failed.reason });
  }

  async sweep(): Promise<void> {
    const { store, matchmaker, clock, logger } = this.#options;
    if (clock.now() < this.#sweepFrom) return;
    try {
      const modes = [...new Set([...(await store.modes()), ...matchmaker.waiting.modes])];
      const from = (this.#turn++ * MODES_A_TURN) % Math.max(1, modes.length);
      const these = [...modes.slice(from), ...modes.slice(0, from)].slice(0, MODES_A_TURN);
      const counts = await Promise.all(these.map((mode) => this.#sweepMode(mode)));
      this.#tickets = counts.reduce((sum, count) => sum + count, 0);
    } catch (error) {
      logger.debug('not swept', { error });
    }
  }

  async #touchOne(held: Held): Promise<void> {
    const { matchmaker } = this.#options;
    let standing: Standing = await matchmaker.batches.ask(held.mode, { op: 'touch', ...nameOf(held) });
    if (standing.state === 'none' && !held.ended) {
      standing = await matchmaker.batches.ask(held.mode, { op: 'assert', ticket: held.ticket });
      // Given up while it was being brought back.
      if (held.ended) await matchmaker.batches.ask(held.mode, { op: held.ended, ...nameOf(held) });
    }
    if (matchmaker.waiting.get(held.waiter.id) === held) matchmaker.catchUp(held, standing);
  }

  async #sweepMode(mode: string): Promise<number> {
    const { matchmaker, onSwept } = this.#options;
    let tickets = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const swept = await matchmaker.batches.ask(mode, { op: 'sweep' });
      if (swept.state !== 'swept') break;
      const { stale, vanished, unconfirmed } = swept;
      if (stale + vanished > 0) onSwept('ticket', stale + vanished);
      if (unconfirmed > 0) onSwept('match', unconfirmed);
      tickets = swept.tickets;
      if (!swept.more) break;
    }
    return tickets;
  }

  #touchLater(): void {
    if (this.#closed) return;
    this.#touching = this.#options.clock.after(TOUCH_MS, () => void this.touch().finally(() => this.#touchLater()));
  }

  #sweepLater(): void {
    if (this.#closed) return;
    this.#sweeping = this.#options.clock.after(SWEEP_MS, () => void this.sweep().finally(() => this.#sweepLater()));
  }
}
