import { LIMITS, type Limit } from '../limits/index.ts';
import type { Instruments } from './instruments.ts';

/** Who asked for more than there is for one. */
export class LimitMetrics {
  #hit: (values: { limit: string }) => void;

  constructor(instruments: Instruments) {
    this.#hit = instruments.counter({
      name: 'parley_limit_hits_total',
      help: 'Refusals because of a limit, by limit',
      labels: { limit: LIMITS },
      start: true,
    });
  }

  hit(limit: Limit): void {
    this.#hit({ limit });
  }
}
