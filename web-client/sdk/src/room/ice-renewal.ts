import type { IceGrant, ParleyError } from '@parley/shared/protocol';
import type { Clock, Logger, Timer } from '@parley/shared/runtime';

/** New credentials are fetched when so much of the old ones' time has passed: what remains is for trying again. */
const AFTER = 2 / 3;
/** What failed is tried again after so long, in ms. */
const RETRY_MS = 4_000;

export interface IceRenewalOptions {
  fetch: () => Promise<IceGrant>;
  apply: (iceServers: RTCIceServer[]) => void;
  log: Logger;
  clock: Clock;
}

/** Keeps the credentials of TURN servers from ending during a call. */
export class IceRenewal {
  readonly #options: IceRenewalOptions;
  /** Counts up with every grant: what was fetched in vain before it is forgotten. */
  #round = 0;
  #timer: Timer | undefined;

  constructor(options: IceRenewalOptions) {
    this.#options = options;
  }

  /** These hold from now on; the next are fetched in time. */
  follow({ iceServers, iceExpiresInMs }: IceGrant): void {
    this.close();
    this.#options.apply(iceServers as RTCIceServer[]);
    // A server from before there were such credentials says nothing of them.
    if (iceExpiresInMs) this.#wait(AFTER * iceExpiresInMs);
  }

  close(): void {
    this.#round++;
    this.#options.clock.cancel(this.#timer);
  }

  #wait(ms: number): void {
    this.#timer = this.#options.clock.after(ms, () => void this.#renew());
  }

  async #renew(): Promise<void> {
    const round = this.#round;
    const { fetch, log } = this.#options;
    try {
      const grant = await fetch();
      if (round === this.#round) this.follow(grant);
    } catch (error) {
      if (round !== this.#round) return;
      log.warn('ice not renewed', { error });
      // Of an error of another kind nothing is known.
      const { retryable, retryAfterMs } = error as Partial<ParleyError>;
      if (retryable !== false) this.#wait(Math.max(retryAfterMs ?? 0, RETRY_MS));
    }
  }
}
