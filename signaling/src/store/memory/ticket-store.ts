import { Pool, type PoolOptions } from '../../matchmaking/pool.ts';
import type { Applied, TicketOperation, TicketStore } from '../ticket-store.ts';

/** Tickets in this process's memory: for one signaling node, and gone with it. */
export class MemoryTicketStore implements TicketStore {
  readonly #options: PoolOptions;
  readonly #pools = new Map<string, Pool>();

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  async apply(mode: string, operations: readonly TicketOperation[], now: number): Promise<Applied> {
    const pool = this.#pools.get(mode) ?? new Pool(this.#options);
    const applied = pool.apply(operations, now);
    if (pool.isEmpty) this.#pools.delete(mode);
    else this.#pools.set(mode, pool);
    return applied;
  }

  async modes(): Promise<string[]> {
    return [...this.#pools.keys()];
  }
}
