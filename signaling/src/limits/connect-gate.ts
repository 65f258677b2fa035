import { ParleyError } from '@parley/shared/protocol';
import { Limiter, type SharedCounts, TooMany } from './limiter.ts';
import type { Limit, LimitSettings } from './settings.ts';

/** When a place may have become free, in ms: nobody knows, so this says how often it is worth asking. */
export const FULL_RETRY_MS = 10_000;

export interface ConnectGateOptions {
  settings: Pick<LimitSettings, 'connections' | 'connectionsPerAddress' | 'connectsPerMinute'>;
  shared?: SharedCounts | undefined;
  /** Clients that are connected now. */
  connections: () => number;
  onLimit: (limit: Limit) => void;
}

/** Decides, before anything is spent on a connection, whether it may be made. */
export class ConnectGate {
  readonly #options: ConnectGateOptions;
  readonly #connects: Limiter;
  /** Address -> connections that are open, or about to be. */
  readonly #open = new Map<string, number>();

  constructor(options: ConnectGateOptions) {
    this.#options = options;
    const rate = { name: 'connects', points: options.settings.connectsPerMinute, seconds: 60 };
    this.#connects = Limiter.shared(rate, options.shared);
  }

  /** Addresses with connections. */
  get size(): number {
    return this.#open.size;
  }

  /**
   * @returns a function to call when the connection has ended
   * @throws {ParleyError} `server_full` or `rate_limited`, with `retryAfterMs`
   */
  async enter(address: string): Promise<() => void> {
    const { settings, onLimit } = this.#options;
    this.checkFull();
    const open = this.#open.get(address) ?? 0;
    if (open >= settings.connectionsPerAddress) {
      onLimit('address_connections');
      const message = 'Too many connections from this address.';
      throw new ParleyError('rate_limited', message, { retryAfterMs: FULL_RETRY_MS });
    }
    this.#open.set(address, open + 1);
    try {
      await this.#connects.consume(address);
    } catch (error) {
      this.#leave(address);
      if (error instanceof TooMany) onLimit('address_connects');
      throw error;
    }
    let left = false;
    return () => {
      if (!left) this.#leave(address);
      left = true;
    };
  }

  /** @throws {ParleyError} `server_full` */
  checkFull(): void {
    const { settings, connections, onLimit } = this.#options;
    if (connections() < settings.connections) return;
    onLimit('connections');
    throw new ParleyError('server_full', undefined, { retryAfterMs: FULL_RETRY_MS });
  }

  #leave(address: string): void {
    const open = (this.#open.get(address) ?? 0) - 1;
    if (open > 0) this.#open.set(address, open);
    else this.#open.delete(address);
  }
}
