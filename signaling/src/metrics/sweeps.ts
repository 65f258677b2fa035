import { SWEPT_CONNECTIONS } from '../socket/swept.ts';
import type { Instruments } from './instruments.ts';

/** Connections that nobody is behind, and what dead nodes left. Resume tokens keep no state: nothing of them is swept. */
export const STALE_KINDS = [...SWEPT_CONNECTIONS, 'node', 'room', 'member', 'ticket', 'match'] as const;
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
