import type { Matching } from '../matchmaking/matching.ts';
import type { Instruments } from './instruments.ts';

/** How a ticket, or a match found for it, may end. */
export const MATCH_OUTCOMES = ['matched', 'cancelled', 'expired', 'requeued', 'gone'] as const;
export type MatchOutcome = (typeof MATCH_OUTCOMES)[number];

/** Strangers who are being brought together. */
export class MatchMetrics {
  /** How many tickets wait now; whoever keeps them sets it. */
  waiting: () => number | null | Promise<number | null> = () => null;
  #waited: (values: Record<string, never>, seconds: number) => void;
  #ended: (values: { outcome: string }) => void;

  constructor(instruments: Instruments) {
    this.#waited = instruments.histogram({
      name: 'parley_match_waiting_seconds',
      help: 'How long people waited for a match that came about',
      labels: {},
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320],
    });
    this.#ended = instruments.counter({
      name: 'parley_match_outcomes_total',
      help: 'What became of tickets and of the matches found for them',
      labels: { outcome: MATCH_OUTCOMES },
      start: true,
    });
    instruments.number('parley_match_tickets', 'Tickets that wait for a match', () => this.waiting());
  }

  /** Counts what becomes of the tickets of this node. */
  follow({ events, upkeep }: Matching): void {
    this.waiting = () => upkeep.tickets;
    events.on('matched', (waitedMs) => this.matched(waitedMs));
    for (const outcome of ['cancelled', 'expired', 'requeued', 'gone'] as const) {
      events.on(outcome, () => this.ended(outcome));
    }
  }

  /** Someone was brought into a room with others, so long after they had asked for it. */
  matched(waitedMs: number): void {
    this.#waited({}, waitedMs / 1000);
    this.ended('matched');
  }

  ended(outcome: MatchOutcome): void {
    this.#ended({ outcome });
  }
}
