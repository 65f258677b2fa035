import { type Clock, type Logger, systemClock, type Timer } from '@parley/shared/runtime';
import { type BitrateBounds, BitrateController, type ReceiverReport } from './bitrate.ts';

/** How often reports are looked at, in ms: browsers send one for each audio stream every 2 to 5 s. */
const EVERY_MS = 2_500;
/** Less than this share of a difference is not worth telling the encoder. */
const WORTH_IT = 0.08;

export interface BitrateControlOptions {
  bounds: BitrateBounds;
  /** What sends now, if anything does. */
  sender: () => RTCRtpSender | undefined;
  log: Logger;
  clock?: Clock;
}

/** Fits what one sender uses to what its receiver reports. */
export class BitrateControl {
  readonly #options: BitrateControlOptions;
  readonly #clock: Clock;
  readonly #controller: BitrateController;
  #sender: RTCRtpSender | undefined;
  /** When the newest report that was taken in had come (ms, as the browser counts). */
  #reportedAt = 0;
  #timer: Timer | undefined;
  #closed = false;

  constructor(options: BitrateControlOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#controller = new BitrateController(options.bounds);
    this.#schedule();
  }

  /** What the sender is to use now, in bit/s. */
  get bitrate(): number {
    return this.#controller.bitrate;
  }

  close(): void {
    this.#closed = true;
    this.#clock.cancel(this.#timer);
  }

  #schedule(): void {
    if (!this.#closed) this.#timer = this.#clock.after(EVERY_MS, () => void this.#look());
  }

  async #look(): Promise<void> {
    try {
      await this.#follow();
    } catch (error) {
      this.#options.log.debug('bitrate left as it is', { error });
    } finally {
      this.#schedule();
    }
  }

  async #follow(): Promise<void> {
    const sender = this.#options.sender();
    // Muted, nothing is sent, and nothing reported.
    if (!sender?.track) return;
    const found = newestReport(await sender.getStats());
    if (this.#closed) return;
    if (sender !== this.#sender) {
      this.#sender = sender;
      this.#reportedAt = 0;
    }
    if (found && found.at > this.#reportedAt) {
      this.#reportedAt = found.at;
      this.#controller.report(found);
    }
    const parameters = sender.getParameters();
    const [encoding] = parameters.encodings;
    if (!encoding || !this.#isWorthTelling(encoding.maxBitrate)) return;
    encoding.maxBitrate = this.bitrate;
    await sender.setParameters(parameters);
    this.#options.log.debug('bitrate', { bitrate: this.bitrate, loss: found?.loss, rttMs: found?.rttMs });
  }

  #isWorthTelling(present: number | undefined): boolean {
    const { bounds } = this.#options;
    if (present === undefined) return true;
    if (this.bitrate === bounds.min || this.bitrate === bounds.max) return present !== this.bitrate;
    return Math.abs(this.bitrate - present) >= present * WORTH_IT;
  }
}

function newestReport(stats: RTCStatsReport): (ReceiverReport & { at: number }) | null {
  for (const entry of stats.values()) {
    if (entry.type !== 'remote-inbound-rtp' || typeof entry.fractionLost !== 'number') continue;
    const rttMs = typeof entry.roundTripTime === 'number' ? entry.roundTripTime * 1000 : null;
    return { at: entry.timestamp, loss: entry.fractionLost, rttMs };
  }
  return null;
}
