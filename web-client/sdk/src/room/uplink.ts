import { type Clock, systemClock, type Timer } from '@parley/shared/runtime';

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
  readonly #clock: Clock;
  #weakRounds = 0;
  #timer: Timer | undefined;
  #closed = false;

  constructor(options: UplinkOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#schedule();
  }

  close(): void {
    this.#closed = true;
    this.#clock.cancel(this.#timer);
  }

  #schedule(): void {
    this.#timer = this.#clock.after(EVERY_MS, () => void this.#look());
  }

  async #look(): Promise<void> {
    const losses = await Promise.all(this.#options.senders().map(reportedLoss)).catch((): (number | null)[] => []);
    if (this.#closed) return;
    const known = losses.flatMap((loss) => loss ?? []).sort((a, b) => a - b);
    const median = known[Math.floor((known.length - 1) / 2)] ?? 0;
    this.#weakRounds = known.length >= MIN_OTHERS && median > WEAK_LOSS ? this.#weakRounds + 1 : 0;
    if (this.#weakRounds === WEAK_ROUNDS) {
      this.#weakRounds = 0;
      this.#options.onWeak();
    }
    this.#schedule();
  }
}

/** The share 0 to 1 of our packets that the other side lost lately (webrtc-stats, `fractionLost`). */
async function reportedLoss(sender: RTCRtpSender): Promise<number | null> {
  if (!sender.track) return null;
  for (const entry of (await sender.getStats()).values()) {
    if (entry.type === 'remote-inbound-rtp' && typeof entry.fractionLost === 'number') return entry.fractionLost;
  }
  return null;
}
