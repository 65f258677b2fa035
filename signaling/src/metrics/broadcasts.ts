import type { Instruments } from './instruments.ts';

/** Events on their way to the members of rooms. */
export class BroadcastMetrics {
  #handedOn: (values: Record<string, never>, seconds: number) => void;

  constructor(instruments: Instruments) {
    this.#handedOn = instruments.histogram({
      name: 'parley_broadcast_latency_seconds',
      help: 'From when an event of a room was published on this node until the last of its sockets had been given it',
      labels: {},
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    });
  }

  /** The last socket has been given the event. */
  handedOn(ms: number): void {
    this.#handedOn({}, ms / 1000);
  }
}
