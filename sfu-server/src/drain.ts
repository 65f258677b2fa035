import type { Clock, Timer } from '@parley/shared/runtime';

/** A node on its way out: it waits until its rooms have left it, though not for ever. */
export class Drain {
  readonly #options: { isEmpty: () => boolean; onOver: () => void; clock: Clock };
  #endsAt = Number.POSITIVE_INFINITY;
  #timer: Timer | undefined;
  #isOver = false;

  /** `isEmpty` is asked whenever something has changed; `onOver` is called once. */
  constructor(options: { isEmpty: () => boolean; onOver: () => void; clock: Clock }) {
    this.#options = options;
  }

  /** Gives the rooms `ms` milliseconds. Started again, the earlier end holds. */
  start(ms: number): void {
    const { clock } = this.#options;
    const endsAt = clock.now() + ms;
    if (this.#isOver || endsAt >= this.#endsAt) return;
    this.#endsAt = endsAt;
    clock.cancel(this.#timer);
    this.#timer = clock.after(ms, () => this.#end());
    this.changed();
  }

  /** Rooms may have left. */
  changed(): void {
    const { clock, isEmpty } = this.#options;
    if (this.#endsAt === Number.POSITIVE_INFINITY || this.#isOver || !isEmpty()) return;
    clock.cancel(this.#timer);
    // A moment later, for whoever asked for it to be answered.
    this.#timer = clock.after(0, () => this.#end());
  }

  /** Calls it off, for what ends otherwise. */
  close(): void {
    this.#isOver = true;
    this.#options.clock.cancel(this.#timer);
  }

  #end(): void {
    this.close();
    this.#options.onOver();
  }
}
