import { SWEPT_CONNECTIONS } from '../socket/swept.ts';
import type { Instruments } from './instruments.ts';

/** What may be left behind by a process that died. */
export const STALE_KINDS = [
  ...SWEPT_CONNECTIONS,
  'socket',
  'member',
  'room',
  'ticket',
  'match',
  'lease',
  'resume_token',
  'node',
] as const;
export type StaleKind = (typeof STALE_KINDS)[number];

/** What others left behind and this node cleared away. */
export class SweepMetrics {
  #swept: (values: { kind: string }, count: number) => void;

  constructor(instruments: Instruments) {
    this.#swept = instruments.counter({
      name: 'parley_swept_total',
      help: 'Stale things that were cleared away, by kind',
      labels: { kind: STALE_KINDS },
      start: true,
    });
  }

  swept(kind: StaleKind, count = 1): void {
    this.#swept({ kind }, count);
  }
}
