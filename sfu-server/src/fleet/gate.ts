import { ParleyError } from '@parley/shared/protocol';
import { type Clock, withDeadline } from '@parley/shared/runtime';

/** More than this many do not wait before a closed gate. */
const WAITING_MAX = 1_000;

/**
 * Lets work through side by side while it is open. Closed, new work waits; `whenEmpty` tells that none is under way
 * any more, so that books can be compared that nobody writes in.
 */
export class Gate {
  readonly #clock: Clock;
  readonly #waitMs: number;
  #inside = 0;
  #waiting = 0;
  #opening: { promise: Promise<void>; resolve: () => void; reject: (error: Error) => void } | undefined;
  #onEmpty: (() => void)[] = [];
  #broken: Error | undefined;

  /** Starts open. `waitMs`: how long work waits before it, at most. */
  constructor(options: { clock: Clock; waitMs: number }) {
    this.#clock = options.clock;
    this.#waitMs = options.waitMs;
  }

  close(): void {
    if (this.#broken || this.#opening) return;
    this.#opening = Promise.withResolvers<void>();
    this.#opening.promise.catch(() => {});
  }

  open(): void {
    this.#opening?.resolve();
    this.#opening = undefined;
  }

  /** For good: who waits, and who comes, gets the error. */
  break(error: Error): void {
    this.#broken ??= error;
    this.#opening?.reject(error);
    this.#opening = undefined;
  }

  /** @throws {ParleyError} `sfu_unavailable` when it does not open in time, or too many wait; or what it was broken with. */
  async pass<T>(work: () => Promise<T>): Promise<T> {
    while (this.#opening) await this.#wait(this.#opening.promise);
    if (this.#broken) throw this.#broken;
    this.#inside++;
    try {
      return await work();
    } finally {
      this.#inside--;
      if (this.#inside === 0) for (const tell of this.#onEmpty.splice(0)) tell();
    }
  }

  /** Resolves when nobody is inside. */
  async whenEmpty(): Promise<void> {
    if (this.#inside > 0) await new Promise<void>((resolve) => this.#onEmpty.push(resolve));
  }

  async #wait(opening: Promise<void>): Promise<void> {
    if (this.#waiting >= WAITING_MAX) throw new ParleyError('sfu_unavailable', 'The other media server is busy.');
    this.#waiting++;
    try {
      await withDeadline(opening, this.#waitMs, 'waiting for the other media server', this.#clock);
    } catch (error) {
      if (error instanceof ParleyError) throw error;
      throw new ParleyError('sfu_unavailable', 'The other media server is out of reach.', { cause: error });
    } finally {
      this.#waiting--;
    }
  }
}
