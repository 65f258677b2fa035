import { type Clock, systemClock, type Timer } from '@parley/shared/runtime';

export interface RoundsOptions {
  everyMs: number;
  /** Does not reject; the next wait begins when it is done. */
  look: () => Promise<void>;
  clock?: Clock;
}

/** Looks at something again and again, never twice at a time, until it is closed. */
export class Rounds {
  readonly #options: RoundsOptions;
  readonly #clock: Clock;
  #timer: Timer | undefined;
  #closed = false;

  constructor(options: RoundsOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#schedule();
  }

  /** What a look finds after that is of no interest. */
  get closed(): boolean {
    return this.#closed;
  }

  close(): void {
    this.#closed = true;
    this.#clock.cancel(this.#timer);
  }

  #schedule(): void {
    if (this.#closed) return;
    this.#timer = this.#clock.after(
      this.#options.everyMs,
      () => void this.#options.look().then(() => this.#schedule()),
    );
  }
}
