import type { Clock, Timer } from '@parley/shared/runtime';

export interface LifetimeOptions {
  clock: Clock;
  /** How long before the end it is told. */
  warningMs: number;
  onExpiring: (expiresAt: number) => void;
  onExpired: () => void;
}

/** Timers overflow at 2^31 ms: a longer wait is taken in pieces. */
const LONGEST_WAIT_MS = 86_400_000;

/** How long what proves a user holds, on a connection that lives on meanwhile. */
export class Lifetime {
  readonly #options: LifetimeOptions;
  #expiresAt = 0;
  #warnAt = 0;
  #timer: Timer | undefined;

  constructor(options: LifetimeOptions) {
    this.#options = options;
  }

  /** It ends then, whatever was said before; null: never. */
  set(expiresAt: number | null): void {
    this.close();
    if (expiresAt === null) return;
    const now = this.#options.clock.now();
    this.#expiresAt = expiresAt;
    // Of a token that lives shorter than the warning, half the life is over first: or each would be renewed at once.
    this.#warnAt = Math.max(expiresAt - this.#options.warningMs, now + (expiresAt - now) / 2);
    this.#wait();
  }

  /** Nothing is told any more. */
  close(): void {
    this.#options.clock.cancel(this.#timer);
    this.#timer = undefined;
  }

  #wait(): void {
    const { clock } = this.#options;
    const due = Math.min(this.#warnAt, this.#expiresAt) - clock.now();
    this.#timer = clock.after(Math.min(Math.max(0, due), LONGEST_WAIT_MS), () => this.#look());
  }

  #look(): void {
    const { clock, onExpiring, onExpired } = this.#options;
    if (clock.now() >= this.#expiresAt) return onExpired();
    if (clock.now() >= this.#warnAt) {
      this.#warnAt = Number.POSITIVE_INFINITY;
      onExpiring(this.#expiresAt);
    }
    this.#wait();
  }
}
