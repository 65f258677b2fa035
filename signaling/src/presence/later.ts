import type { Clock, Timer } from '@parley/shared/runtime';

/** Things that all fall due the same while after they were added, in that order, for one timer in all. */
export class Later<T> {
  #clock: Clock;
  #delayMs: number;
  #onDue: (item: T) => void;
  #queue: { item: T; at: number }[] = [];
  #timer: Timer | undefined;
  #closed = false;

  constructor(clock: Clock, delayMs: number, onDue: (item: T) => void) {
    this.#clock = clock;
    this.#delayMs = delayMs;
    this.#onDue = onDue;
  }

  add(item: T): void {
    if (this.#closed) return;
    this.#queue.push({ item, at: this.#clock.now() + this.#delayMs });
    if (this.#queue.length === 1) this.#wait(this.#delayMs);
  }

  close(): void {
    this.#closed = true;
    this.#clock.cancel(this.#timer);
    this.#queue = [];
  }

  #wait(ms: number): void {
    this.#timer = this.#clock.after(Math.max(1, ms), () => this.#fire());
  }

  #fire(): void {
    const now = this.#clock.now();
    const late = this.#queue.findIndex(({ at }) => at > now);
    const due = this.#queue.splice(0, late === -1 ? this.#queue.length : late);
    const next = this.#queue[0];
    if (next) this.#wait(next.at - now);
    for (const { item } of due) this.#onDue(item);
  }
}
