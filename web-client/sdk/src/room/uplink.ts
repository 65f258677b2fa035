import type { Clock } from '@parley/shared/runtime';
import { LossReports } from '../media/loss-reports.ts';
import { Rounds } from '../media/rounds.ts';

/** How often the uplink is looked at, in ms; receivers report (RTCP) about as often. */
const EVERY_MS = 5_000;
/** Half of the others lose more than this share of our packets … */
const WEAK_LOSS = 0.1;
/** … so many times in a row: the uplink does not carry a copy for each of them. */
const WEAK_ROUNDS = 3;
/** With fewer others the SFU, which takes one copy, would save too little to matter. */
const MIN_OTHERS = 3;

export interface UplinkOptions {
  /** Our senders in the mesh, one for each other member; none when the room is not a mesh. */
  senders: () => RTCRtpSender[];
  onWeak: () => void;
  clock?: Clock;
}

/** Notices that our uplink is too weak for a mesh, by the loss the others report. */
export class UplinkWatch {
  readonly #options: UplinkOptions;
  readonly #reports = new LossReports();
  readonly #rounds: Rounds;
  #weakRounds = 0;

  constructor(options: UplinkOptions) {
    this.#options = options;
    this.#rounds = new Rounds({ everyMs: EVERY_MS, look: () => this.#look(), ...options });
  }

  close(): void {
    this.#rounds.close();
  }

  async #look(): Promise<void> {
    const reading = this.#options.senders().map((sender) => this.#reports.of(sender).catch(() => null));
    const reports = await Promise.all(reading);
    if (this.#rounds.closed) return;
    const known = reports.flatMap((report) => report?.loss ?? []).sort((a, b) => a - b);
    const median = known[Math.floor((known.length - 1) / 2)] ?? 0;
    this.#weakRounds = known.length >= MIN_OTHERS && median > WEAK_LOSS ? this.#weakRounds + 1 : 0;
    if (this.#weakRounds === WEAK_ROUNDS) {
      this.#weakRounds = 0;
      this.#options.onWeak();
    }
  }
}
