import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Instruments } from './instruments.ts';

const RESOLUTION_MS = 10;
const QUANTILES = ['0.5', '0.99', '1'] as const;

/** How late the event loop is: the delay that every message on this node suffers. */
export class EventLoopMetrics {
  #delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  constructor(instruments: Instruments) {
    this.#delay.enable();
    instruments.gauge(
      {
        name: 'parley_event_loop_lag_seconds',
        help: 'How late the event loop ran since the last scrape, by quantile; 1 is the worst',
        labels: { quantile: QUANTILES },
      },
      () => {
        const values = QUANTILES.map((quantile): [{ quantile: string }, number] => [{ quantile }, this.#lag(quantile)]);
        this.#delay.reset();
        return values;
      },
    );
  }

  close(): void {
    this.#delay.disable();
  }

  /** In seconds. The histogram holds the time between two looks, which is the resolution when nothing is late. */
  #lag(quantile: string): number {
    // A scrape right after the last one finds nothing measured.
    if (this.#delay.count === 0) return 0;
    return Math.max(0, this.#delay.percentile(Number(quantile) * 100) / 1e9 - RESOLUTION_MS / 1000);
  }
}
