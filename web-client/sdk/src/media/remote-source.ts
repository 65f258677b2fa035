import type { TopologyKind } from '../types.ts';

/** A frame is taken for sound, not silence, above this linear level (-50 dBov). */
const SOUND_LEVEL = 0.003;
/** A reading older than this, in ms, no longer says anything about now. */
const FRESH_MS = 300;

/**
 * One participant's audio as it arrives over one path. `poll` follows the frames that have been decoded
 * and delivered, by the receiver's synchronization sources (WebRTC 1.0, section 5.3), so that arrival,
 * gaps and levels need no Web Audio.
 */
export class RemoteSource {
  readonly participantId: string;
  readonly kind: TopologyKind;
  readonly epoch: number;
  readonly receiver: RTCRtpReceiver;
  #firstFrameAt = 0;
  #lastFrameAt = 0;
  #level = 0;

  constructor(options: { participantId: string; kind: TopologyKind; epoch: number; receiver: RTCRtpReceiver }) {
    this.participantId = options.participantId;
    this.kind = options.kind;
    this.epoch = options.epoch;
    this.receiver = options.receiver;
  }

  get track(): MediaStreamTrack {
    return this.receiver.track;
  }

  /** How long frames have been coming, in ms; 0 before the second. */
  get flowingMs(): number {
    return this.#lastFrameAt - this.#firstFrameAt;
  }

  /** When the first frame that was seen had been delivered, in ms since the epoch; 0 before. */
  get firstFrameAt(): number {
    return this.#firstFrameAt;
  }

  /** When the newest frame was delivered, in ms since the epoch; 0 before the first. */
  get lastFrameAt(): number {
    return this.#lastFrameAt;
  }

  /** Whether the newest frame carried sound rather than silence. */
  get sounding(): boolean {
    return this.#level > SOUND_LEVEL;
  }

  /** Looks for a new frame. In Chromium this waits for a thread of WebRTC's: ask only about who may be talking. */
  poll(): void {
    const newest = this.receiver.getSynchronizationSources()[0];
    if (!newest || newest.timestamp === this.#lastFrameAt) return;
    this.#lastFrameAt = newest.timestamp;
    this.#level = newest.audioLevel ?? 1;
    this.#firstFrameAt ||= newest.timestamp;
  }

  /** Linear level 0 to 1 of what is heard now; 0 once frames stop. */
  levelNow(): number {
    this.poll();
    return performance.timeOrigin + performance.now() - this.#lastFrameAt < FRESH_MS ? this.#level : 0;
  }

  /**
   * How much silence this receiver has put in for missing packets since it began, in ms; null if the browser
   * does not say. Concealment that is still audible does not count (webrtc-stats, `silentConcealedSamples`).
   */
  async insertedSilenceMs(): Promise<number | null> {
    const report = await this.receiver.getStats();
    for (const entry of report.values()) {
      const { type, silentConcealedSamples, totalSamplesReceived, totalSamplesDuration } = entry;
      if (type !== 'inbound-rtp' || silentConcealedSamples === undefined) continue;
      const samplesPerMs = totalSamplesDuration > 0 ? totalSamplesReceived / totalSamplesDuration / 1000 : 48;
      return silentConcealedSamples / samplesPerMs;
    }
    return null;
  }
}
