import type { Logger } from '@parley/shared/runtime';

/** Tells signaling of our own state: one request at a time, always the newest; what changes meanwhile goes together. */
export class SelfAnnouncer {
  readonly #tell: () => Promise<unknown>;
  readonly #log: Logger;
  #online = true;
  #telling = false;
  #untold = false;

  /** @param tell sends the state as it is when called. */
  constructor(tell: () => Promise<unknown>, log: Logger) {
    this.#tell = tell;
    this.#log = log;
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

  async #run(): Promise<void> {
    if (this.#telling) return;
    this.#telling = true;
    try {
      while (this.#untold && this.#online) {
        this.#untold = false;
        await this.#tell();
      }
    } catch (error) {
      this.#log.warn('state not told', { error });
    } finally {
      this.#telling = false;
    }
  }
}
