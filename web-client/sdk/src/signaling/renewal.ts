import { ParleyError } from '@parley/shared/protocol';
import type { Clock, Logger, Timer } from '@parley/shared/runtime';

/** Waits between attempts to renew a session, in ms; the last repeats, until the session ends. */
const RETRY_MS = [500, 1_000, 2_000, 4_000, 8_000];

export interface RenewalOptions {
  /** A token that is valid now. */
  token: () => Promise<string | undefined>;
  refresh: (token: string) => Promise<void>;
  clock: Clock;
  log: Logger;
}

/** Renews a session before its token ends, as often as it takes. */
export class Renewal {
  readonly #options: RenewalOptions;
  /** Counts up, so that what an earlier connection still waits for is given up. */
  #round = 0;
  #timer: Timer | undefined;

  constructor(options: RenewalOptions) {
    this.#options = options;
  }

  start(expiresAt: number): void {
    this.cancel();
    void this.#attempt(this.#round, 0, expiresAt);
  }

  /** The connection is gone, and the next one brings a token of its own. */
  cancel(): void {
    this.#round++;
    this.#options.clock.cancel(this.#timer);
  }

  async #attempt(round: number, attempt: number, expiresAt: number): Promise<void> {
    const { token, refresh, clock, log } = this.#options;
    try {
      const fresh = await token();
      if (round !== this.#round || fresh === undefined) return;
      await refresh(fresh);
    } catch (error) {
      if (round !== this.#round) return;
      log.warn('session not renewed', { error, attempt });
      // A token function that failed may yet succeed; a token the server does not take will not get better by itself.
      const isFinal = error instanceof ParleyError && !error.retryable && error.cause === undefined;
      if (isFinal || clock.now() >= expiresAt) return;
      const wait = RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)] ?? 0;
      this.#timer = clock.after(wait, () => void this.#attempt(round, attempt + 1, expiresAt));
    }
  }
}
