import type { Clock } from '@parley/shared/runtime';
import type { BanStore } from '../ban-store.ts';

/** Bans in this process's memory, gone with it. Bounded: when there are too many, the oldest are forgotten first. */
export class MemoryBanStore implements BanStore {
  #until = new Map<string, number>();
  #clock: Clock;
  #max: number;

  constructor({ clock, max = 100_000 }: { clock: Clock; max?: number }) {
    this.#clock = clock;
    this.#max = max;
  }

  async set(subject: string, until: number): Promise<void> {
    this.#until.delete(subject);
    if (until > this.#clock.now()) this.#until.set(subject, until);
    for (const [oldest, end] of this.#until) {
      if (this.#until.size <= this.#max && end > this.#clock.now()) break;
      this.#until.delete(oldest);
    }
  }

  async until(subject: string): Promise<number | null> {
    const until = this.#until.get(subject);
    return until !== undefined && until > this.#clock.now() ? until : null;
  }

  get size(): number {
    return this.#until.size;
  }
}
