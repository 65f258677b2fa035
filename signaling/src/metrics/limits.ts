import type { Instruments } from './instruments.ts';

/** What is limited. */
export const LIMITS = [
  'connections_node',
  'connections_address',
  'connects',
  'requests',
  'in_flight',
  'payload',
  'backlog',
  'joins',
  'queue',
  'room_size',
  'rooms_user',
  'rooms_node',
  'admin',
] as const;
export type Limit = (typeof LIMITS)[number];

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
