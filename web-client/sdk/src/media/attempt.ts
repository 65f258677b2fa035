import type { AttemptOutcome, Attempt as AttemptReport } from '@parley/shared/protocol';
import { type Clock, systemClock } from '@parley/shared/runtime';
import type { TopologyKind } from '../types.ts';

/** One try to bring a way for media up: how it ended, first, and after how long. */
export class Attempt {
  readonly #path: TopologyKind;
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #onSettled: (report: AttemptReport) => void;
  #settled = false;

  constructor(path: TopologyKind, onSettled: (report: AttemptReport) => void, clock: Clock = systemClock) {
    this.#path = path;
    this.#clock = clock;
    this.#startedAt = clock.now();
    this.#onSettled = onSettled;
  }

  /** Only the first outcome counts: what comes up after it was given up has come too late. */
  settle(outcome: AttemptOutcome): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#onSettled({ path: this.#path, outcome, ms: Math.max(0, this.#clock.now() - this.#startedAt) });
  }
}
