import { ParleyError } from '@parley/shared/protocol';
import { type Clock, systemClock } from '@parley/shared/runtime';

/** Waits after a refusal that names none, in ms; the last repeats. */
const BACKOFF_MS = [500, 1_000, 2_000, 4_000];
/** So much of a wait is added at random, at most: those who were refused together do not come back together. */
const SPREAD = 0.2;

/** How long to stay away from a server that has refused us: as long as it says, or longer each time. */
export class Patience {
  readonly #clock: Clock;
  readonly #random: () => number;
  #refusals = 0;
  #until = 0;
  #last: ParleyError | undefined;

  constructor({ clock = systemClock, random = Math.random }: { clock?: Clock; random?: () => number } = {}) {
    this.#clock = clock;
    this.#random = random;
  }

  /** The server would not have us now, but may later. */
  refused(error: ParleyError): void {
    const backoff = BACKOFF_MS[Math.min(this.#refusals, BACKOFF_MS.length - 1)] ?? 0;
    this.#refusals++;
    this.#last = error;
    this.#until = this.#clock.now() + this.spread(error.retryAfterMs ?? backoff);
  }

  /** The server has let us in. */
  admitted(): void {
    this.#refusals = 0;
    this.#until = 0;
    this.#last = undefined;
  }

  /** An attempt before so many ms have passed is in vain. */
  get waitMs(): number {
    return Math.max(0, this.#until - this.#clock.now());
  }

  /** The last refusal as it is now, when the wait it asked for is not over after `ms`. */
  refusalBeyond(ms: number): ParleyError | undefined {
    const { waitMs } = this;
    if (!this.#last || waitMs < ms) return undefined;
    const { code, message } = this.#last;
    return new ParleyError(code, message, { retryAfterMs: waitMs });
  }

  spread(ms: number): number {
    return Math.ceil(ms * (1 + this.#random() * SPREAD));
  }
}
