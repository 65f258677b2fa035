import type { Clock } from '@parley/shared/runtime';
import type { DepartureStore } from '../departure-store.ts';

const MAX = 100_000;

/** Bounded: the oldest are forgotten first, and none is kept longer than a token lives. */
export class MemoryDepartureStore implements DepartureStore {
  readonly #until = new Map<string, number>();
  readonly #clock: Clock;
  readonly #lifetimeMs: number;
  readonly #max: number;

  constructor({ clock, lifetimeMs, max = MAX }: { clock: Clock; lifetimeMs: number; max?: number }) {
    this.#clock = clock;
    this.#lifetimeMs = lifetimeMs;
    this.#max = max;
  }

  async add(participantId: string): Promise<void> {
    this.#until.delete(participantId);
    this.#until.set(participantId, this.#clock.now() + this.#lifetimeMs);
    for (const [oldest, until] of this.#until) {
      if (this.#until.size <= this.#max && until > this.#clock.now()) break;
      this.#until.delete(oldest);
    }
  }

  async has(participantId: string): Promise<boolean> {
    const until = this.#until.get(participantId);
    return until !== undefined && until > this.#clock.now();
  }

  get size(): number {
    return this.#until.size;
  }
}
