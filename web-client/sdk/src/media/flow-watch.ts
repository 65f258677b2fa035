import type { Clock } from '@parley/shared/runtime';
import { Rounds } from './rounds.ts';

/** How often it is looked whether packets come, in ms. */
const EVERY_MS = 2_000;
/** No packet for so many looks in a row, though some should come: Opus with DTX still sends several a second. */
const STALLED_AFTER = 3;

export interface FlowWatchOptions {
  /** How many packets of media have come so far; null: there is nothing to say now. */
  packets: () => Promise<number | null>;
  /** Whether someone ought to be sending. */
  isExpected: () => boolean;
  onStalled: () => void;
  onFlowing: () => void;
  clock?: Clock;
}

/**
 * Notices a way that is dead though ICE finds nothing amiss. It says so once, and not again before packets have come:
 * that nothing comes may be the fault of those who send.
 */
export class FlowWatch {
  readonly #options: FlowWatchOptions;
  readonly #rounds: Rounds;
  #packets = 0;
  #silentLooks = 0;
  #isArmed = false;

  constructor(options: FlowWatchOptions) {
    this.#options = options;
    this.#rounds = new Rounds({ everyMs: EVERY_MS, look: () => this.#look(), ...options });
  }

  close(): void {
    this.#rounds.close();
  }

  async #look(): Promise<void> {
    const isExpected = this.#options.isExpected();
    const packets = isExpected ? await this.#options.packets().catch(() => null) : null;
    if (!this.#rounds.closed) this.#judge(packets);
  }

  #judge(packets: number | null): void {
    if (packets === null) {
      this.#silentLooks = 0;
      return;
    }
    if (packets > this.#packets) {
      this.#isArmed = true;
      this.#silentLooks = 0;
      this.#options.onFlowing();
    } else if (packets < this.#packets) {
      // Who has left took their counter along.
      this.#silentLooks = 0;
    } else if (this.#isArmed && ++this.#silentLooks === STALLED_AFTER) {
      this.#isArmed = false;
      this.#silentLooks = 0;
      this.#options.onStalled();
    }
    this.#packets = packets;
  }
}

/** All packets of media that a report counts as received; null: it has no stream. */
export function packetsReceived(report: RTCStatsReport): number | null {
  let sum: number | null = null;
  for (const entry of report.values()) {
    if (entry.type === 'inbound-rtp') sum = (sum ?? 0) + (entry.packetsReceived ?? 0);
  }
  return sum;
}
