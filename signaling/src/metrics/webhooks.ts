import type { Instruments } from './instruments.ts';

const RESULTS = ['delivered', 'refused', 'unreachable', 'dropped'] as const;
export type WebhookResult = (typeof RESULTS)[number];

/** What an integrator's server is told. */
export class WebhookMetrics {
  /** Deliveries that wait; whoever keeps them sets it. */
  backlog: () => number | null | Promise<number | null> = () => null;
  #attempted: (values: { result: string }) => void;
  #delay: (values: Record<string, never>, seconds: number) => void;

  constructor(instruments: Instruments) {
    this.#attempted = instruments.counter({
      name: 'parley_webhook_attempts_total',
      help: 'Attempts to deliver a webhook, by result; what was dropped will not be tried again',
      labels: { result: RESULTS },
      start: true,
    });
    this.#delay = instruments.histogram({
      name: 'parley_webhook_delay_seconds',
      help: 'From when something happened until the receiver had accepted it',
      labels: {},
      buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 900],
    });
    instruments.number('parley_webhook_backlog', 'Webhooks that wait to be delivered', () => this.backlog());
  }

  attempted(result: WebhookResult): void {
    this.#attempted({ result });
  }

  /** Accepted by the receiver, so long after it had happened. */
  delivered(delayMs: number): void {
    this.attempted('delivered');
    this.#delay({}, delayMs / 1000);
  }
}
