import type { Clock, Timer } from './clock.ts';

/** A clock for tests: time passes only when `advance` is called, and timers fire in order. */
export class FakeClock implements Clock {
  #now: number;
  #next = 0;
  #timers = new Map<number, { at: number; fn: () => void }>();

  constructor(now = 1_000_000) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, fn: () => void): Timer {
    const id = this.#next++;
    this.#timers.set(id, { at: this.#now + Math.max(0, ms), fn });
    return { id };
  }

  cancel(timer: Timer | undefined): void {
    if (timer) this.#timers.delete(timer.id as number);
  }

  /** Timers not yet fired. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Lets `ms` milliseconds pass, firing what falls due, including timers set on the way. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const due = [...this.#timers].filter(([, t]) => t.at <= end).sort((a, b) => a[1].at - b[1].at || a[0] - b[0])[0];
      if (!due) break;
      this.#timers.delete(due[0]);
      this.#now = Math.max(this.#now, due[1].at);
      due[1].fn();
    }
    this.#now = end;
  }
}
