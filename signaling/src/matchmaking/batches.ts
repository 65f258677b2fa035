import { ParleyError } from '@parley/shared/protocol';
import type { Clock } from '@parley/shared/runtime';
import type { Notice, Standing, TicketOperation, TicketStore } from '../store/ticket-store.ts';

interface Line {
  waiting: Asked[];
  asking: number;
  isDue: boolean;
}

interface Asked {
  operation: TicketOperation;
  resolve: (standing: Standing) => void;
  reject: (error: unknown) => void;
}

/** The most operations of one call: it keeps everyone else waiting for a few ms. */
const MAX_BATCH = 256;
/** Calls on their way at once, which the store takes in their order; a second one only with so much in it. */
const MAX_ASKING = 2;
const ENOUGH = 64;
/** Beyond this a store cannot keep up, and who comes is told so. */
const MAX_WAITING = 20_000;
const RETRY_AFTER_MS = 1_000;

/** Brings operations to the store: those of a mode that come while it is being asked go together in the next call. */
export class Batches {
  readonly #store: TicketStore;
  readonly #clock: Clock;
  readonly #onNotices: (notices: readonly Notice[], mode: string) => void;
  /** Modes of which something is asked or waits to be. */
  readonly #lines = new Map<string, Line>();

  constructor(options: {
    store: TicketStore;
    clock: Clock;
    /** Hears what there is to tell, before those who asked have their answer. */
    onNotices: (notices: readonly Notice[], mode: string) => void;
  }) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#onNotices = options.onNotices;
  }

  /** @throws {ParleyError} `store_unavailable`, or `server_full` when too much waits. */
  ask(mode: string, operation: TicketOperation): Promise<Standing> {
    return new Promise((resolve, reject) => {
      const asked = { operation, resolve, reject };
      const line = this.#lines.get(mode) ?? { waiting: [], asking: 0, isDue: false };
      this.#lines.set(mode, line);
      if (line.waiting.length >= MAX_WAITING) {
        const message = 'Too many people are looking for a match.';
        reject(new ParleyError('server_full', message, { retryAfterMs: RETRY_AFTER_MS }));
        return;
      }
      line.waiting.push(asked);
      this.#askSoon(mode, line);
    });
  }

  /** What is asked in the same turn goes along. While the store works on a call, the next one is on its way. */
  #askSoon(mode: string, line: Line): void {
    const enough = line.asking === 0 ? 1 : ENOUGH;
    if (line.isDue || line.asking >= MAX_ASKING || line.waiting.length < enough) return;
    line.isDue = true;
    queueMicrotask(() => {
      line.isDue = false;
      void this.#askNow(mode, line);
    });
  }

  async #askNow(mode: string, line: Line): Promise<void> {
    const batch = line.waiting.splice(0, MAX_BATCH);
    line.asking++;
    this.#askSoon(mode, line);
    await this.#apply(mode, batch);
    line.asking--;
    if (line.waiting.length > 0) this.#askSoon(mode, line);
    else if (line.asking === 0 && !line.isDue) this.#lines.delete(mode);
  }

  async #apply(mode: string, batch: readonly Asked[]): Promise<void> {
    try {
      const operations = batch.map(({ operation }) => operation);
      const { standings, notices } = await this.#store.apply(mode, operations, this.#clock.now());
      if (notices.length > 0) this.#onNotices(notices, mode);
      for (const [index, { resolve }] of batch.entries()) resolve(standings[index] ?? { state: 'none' });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
