import { ParleyError } from '@parley/shared/protocol';
import { type Clock, type Logger, systemClock, type Timer } from '@parley/shared/runtime';

/** Wait before what could not be told is told again, in ms, unless the server names another. */
const RETRY_MS = 1_000;

/**
 * Tells signaling of our own state: one request at a time, always the newest; what changes meanwhile goes together, and
 * what cannot be told now is told later.
 */
export class SelfAnnouncer {
  readonly #tell: () => Promise<unknown>;
  readonly #log: Logger;
  #online = true;
  #telling = false;
  #untold = false;
  #clock: Clock;
  #retryTimer: Timer | undefined;

  /** @param tell sends the state as it is when called. */
  constructor(tell: () => Promise<unknown>, log: Logger, clock: Clock = systemClock) {
    this.#tell = tell;
    this.#log = log;
    this.#clock = clock;
  }

  /** The state has changed. While offline nothing is sent: a resume carries the state by itself. */
  changed(): void {
    this.#untold = true;
    void this.#run();
  }

  /** Signaling is there, or it is not. */
  setOnline(online: boolean): void {
    this.#online = online;
    void this.#run();
  }

  close(): void {
    this.#online = false;
    this.#clock.cancel(this.#retryTimer);
  }

  async #run(): Promise<void> {
    if (this.#telling) return;
    this.#telling = true;
    this.#clock.cancel(this.#retryTimer);
    try {
      while (this.#untold && this.#online) {
        this.#untold = false;
        await this.#tell();
      }
    } catch (error) {
      this.#log.warn('state not told', { error });
      if (!(error instanceof ParleyError && error.retryable)) return;
      this.#untold = true;
      const wait = Math.max(RETRY_MS, error.retryAfterMs ?? 0);
      if (this.#online) this.#retryTimer = this.#clock.after(wait, () => void this.#run());
    } finally {
      this.#telling = false;
    }
  }
}
