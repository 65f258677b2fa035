import type { Clock, Logger } from '@parley/shared/runtime';
import { type BitrateBounds, BitrateController } from './bitrate.ts';
import { LossReports, type TimedReport } from './loss-reports.ts';
import { Rounds } from './rounds.ts';

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
  readonly #controller: BitrateController;
  readonly #reports = new LossReports();
  readonly #rounds: Rounds;
  /** The newest that was taken in. */
  #report: TimedReport | null = null;

  constructor(options: BitrateControlOptions) {
    this.#options = options;
    this.#controller = new BitrateController(options.bounds);
    this.#rounds = new Rounds({ everyMs: EVERY_MS, look: () => this.#look(), ...options });
  }

  /** What the sender is to use now, in bit/s. */
  get bitrate(): number {
    return this.#controller.bitrate;
  }

  close(): void {
    this.#rounds.close();
  }

  async #look(): Promise<void> {
    try {
      await this.#follow();
    } catch (error) {
      this.#options.log.debug('bitrate left as it is', { error });
    }
  }

  async #follow(): Promise<void> {
    const sender = this.#options.sender();
    // Muted, nothing is sent, and nothing reported.
    if (!sender?.track) return;
    const found = await this.#reports.of(sender);
    if (this.#rounds.closed) return;
    if (found && found !== this.#report) {
      this.#report = found;
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
