import type { Clock, Timer } from '@parley/shared/runtime';

/**
 * Tells of changes at most once in `ms` milliseconds: the first at once, those that follow together.
 */
export class Announcer {
  readonly #clock: Clock;
  readonly #ms: number;
  readonly #announce: () => void;
  #last = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;

  constructor(options: { clock: Clock; ms: number; announce: () => void }) {
    this.#clock = options.clock;
    this.#ms = options.ms;
    this.#announce = options.announce;
  }

  changed(): void {
    if (this.#timer) return;
    const wait = this.#last + this.#ms - this.#clock.now();
    if (wait <= 0) this.now();
    else this.#timer = this.#clock.after(wait, () => this.now());
  }

  /** Without waiting. */
  now(): void {
    this.stop();
    this.#last = this.#clock.now();
    this.#announce();
  }

  stop(): void {
    this.#clock.cancel(this.#timer);
    this.#timer = undefined;
  }
}
