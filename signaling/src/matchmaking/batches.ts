import { ParleyError } from '@parley/shared/protocol';
import type { Clock } from '@parley/shared/runtime';
import type { Notice, Standing, TicketOperation, TicketStore } from '../store/ticket-store.ts';

interface Asked {
  operation: TicketOperation;
  resolve: (standing: Standing) => void;
  reject: (error: unknown) => void;
}

/** The most operations of one call: it keeps everyone else waiting for a few ms. */
const MAX_BATCH = 256;
/** Beyond this a store cannot keep up, and who comes is told so. */
const MAX_WAITING = 20_000;
const RETRY_AFTER_MS = 1_000;

/** Brings operations to the store: those of a mode that come while it is being asked go together in the next call. */
export class Batches {
  readonly #store: TicketStore;
  readonly #clock: Clock;
  readonly #onNotices: (notices: readonly Notice[], mode: string) => void;
  /** Modes of which something is asked or waits to be. */
  readonly #waiting = new Map<string, Asked[]>();

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
      const waiting = this.#waiting.get(mode);
      if (!waiting) {
        this.#waiting.set(mode, [asked]);
        // What is asked in the same turn goes along.
        queueMicrotask(() => void this.#work(mode));
      } else if (waiting.length >= MAX_WAITING) {
        reject(
          new ParleyError('server_full', 'Too many people are looking for a match.', { retryAfterMs: RETRY_AFTER_MS }),
        );
      } else {
        waiting.push(asked);
      }
    });
  }

  async #work(mode: string): Promise<void> {
    for (;;) {
      const batch = this.#waiting.get(mode)?.splice(0, MAX_BATCH) ?? [];
      if (batch.length === 0) break;
      await this.#apply(mode, batch);
    }
    this.#waiting.delete(mode);
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
