import type { Clock, Timer } from '@parley/shared/runtime';

/**
 * What keeps an orphan for a while: as long as nobody holds it, time runs; at the end `onExpired` is called,
 * once. Held again before that, time starts over the next time it is let go.
 */
export class Lease {
  readonly #clock: Clock;
  readonly #ms: number;
  readonly #onExpired: () => void;
  #timer: Timer | undefined;
  #ended = false;

  /** Starts held. `ms`: milliseconds an orphan is kept. */
  constructor(options: { clock: Clock; ms: number; onExpired: () => void }) {
    this.#clock = options.clock;
    this.#ms = options.ms;
    this.#onExpired = options.onExpired;
  }

  /** Whether time is running. */
  get running(): boolean {
    return this.#timer !== undefined;
  }

  hold(): void {
    this.#clock.cancel(this.#timer);
    this.#timer = undefined;
  }

  /** Lets go. Time that runs already is not started again. */
  release(): void {
    if (this.#ended || this.#timer) return;
    this.#timer = this.#clock.after(this.#ms, () => {
      this.#timer = undefined;
      if (this.#ended) return;
      this.#ended = true;
      this.#onExpired();
    });
  }

  /** Ends it without expiring. */
  end(): void {
    this.#ended = true;
    this.hold();
  }
}
