/** What a receiver reports of a stream (RTCP, `remote-inbound-rtp`). */
export interface ReceiverReport {
  /** The share 0 to 1 of packets lost since the report before. */
  loss: number;
  /** Round-trip time, in ms; null where none was measured. */
  rttMs: number | null;
}

export interface BitrateBounds {
  /** In bit/s. */
  min: number;
  max: number;
}

/*
 * Thresholds and steps are those of loss-based control in Google Congestion Control (draft-ietf-rmcat-gcc-02, section 6):
 * above 10 % loss the rate is multiplied by 1 - loss / 2, below 2 % by 1.05, and in between it is left alone.
 */
const HIGH_LOSS = 0.1;
const LOW_LOSS = 0.02;
const GROWTH = 1.05;
/** So many good reports in a row before it grows: one that is good may be luck. */
const GOOD_BEFORE_GROWTH = 2;
/** Where it begins, in bit/s: speech at full band, which 16 kbit/s more hardly betters. */
const START = 32_000;
/**
 * Loss by itself is met by in-band FEC, which Opus fits into the rate it is given: below this, in bit/s, there is no room
 * for a second, coarser copy of each frame beside 16 kbit/s of speech (libopus asks for 20 to 22 kbit/s before it adds
 * one at the full band). Only a queue that grows is a reason to go lower.
 */
const WITH_FEC = 24_000;
/** A round trip that is so much longer than the shortest known, in ms, is spent in a queue. */
const QUEUE_MS = 150;
/** The shortest round trip is forgotten by this share at each report: the way there may have changed for good. */
const RTT_FORGETTING = 0.005;

/** What one stream of Opus may use, by what its receiver reports. Pure: reports in, bit/s out. */
export class BitrateController {
  readonly #bounds: BitrateBounds;
  #bitrate: number;
  #goodReports = 0;
  #shortestRttMs: number | null = null;

  constructor(bounds: BitrateBounds) {
    this.#bounds = { min: Math.min(bounds.min, bounds.max), max: bounds.max };
    this.#bitrate = this.#bounded(START);
  }

  /** In bit/s. */
  get bitrate(): number {
    return Math.round(this.#bitrate);
  }

  /** Takes a report in. */
  report({ loss, rttMs }: ReceiverReport): void {
    const isQueueing = this.#isQueueing(rttMs);
    if (loss > HIGH_LOSS || isQueueing) {
      this.#goodReports = 0;
      const floor = isQueueing ? this.#bounds.min : Math.min(WITH_FEC, this.#bitrate);
      const factor = 1 - Math.max(loss, HIGH_LOSS) / 2;
      this.#bitrate = this.#bounded(Math.max(floor, this.#bitrate * factor));
    } else if (loss < LOW_LOSS) {
      this.#goodReports += 1;
      if (this.#goodReports >= GOOD_BEFORE_GROWTH) this.#bitrate = this.#bounded(this.#bitrate * GROWTH);
    } else {
      this.#goodReports = 0;
    }
  }

  #isQueueing(rttMs: number | null): boolean {
    if (rttMs === null) return false;
    const shortest = this.#shortestRttMs === null ? rttMs : this.#shortestRttMs * (1 + RTT_FORGETTING);
    this.#shortestRttMs = Math.min(rttMs, shortest);
    return rttMs > this.#shortestRttMs + QUEUE_MS;
  }

  #bounded(bitrate: number): number {
    return Math.min(this.#bounds.max, Math.max(this.#bounds.min, bitrate));
  }
}
