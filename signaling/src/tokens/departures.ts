import type { Clock } from '@parley/shared/runtime';

/**
 * Participants who left of their own will: their resume tokens are void. Bounded: the oldest are forgotten first, and
 * none is kept longer than a token lives.
 */
export class Departures {
  #until = new Map<string, number>();
  #clock: Clock;
  #lifetimeMs: number;
  #max: number;

  constructor(options: { clock: Clock; lifetimeMs: number; max: number }) {
    this.#clock = options.clock;
    this.#lifetimeMs = options.lifetimeMs;
    this.#max = options.max;
  }

  add(participantId: string): void {
    this.#until.delete(participantId);
    this.#until.set(participantId, this.#clock.now() + this.#lifetimeMs);
    for (const [oldest, until] of this.#until) {
      if (this.#until.size <= this.#max && until > this.#clock.now()) break;
      this.#until.delete(oldest);
    }
  }

  has(participantId: string): boolean {
    const until = this.#until.get(participantId);
    return until !== undefined && until > this.#clock.now();
  }

  get size(): number {
    return this.#until.size;
  }
}
