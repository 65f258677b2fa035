import type { TopologyKind } from '../types.ts';
import { FRESH_MS, SOUND_LEVEL, type VoiceSource } from './voice-source.ts';

/**
 * One participant's audio as it arrives over one path. `poll` follows the frames that have been decoded
 * and delivered, by the receiver's synchronization sources (WebRTC 1.0, section 5.3), so that arrival,
 * gaps and levels need no Web Audio.
 */
export class RemoteSource implements VoiceSource {
  readonly participantId: string;
  readonly kind: TopologyKind;
  readonly epoch: number;
  readonly carrier = 'direct';
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

  get flowingMs(): number {
    return this.#lastFrameAt - this.#firstFrameAt;
  }

  get firstFrameAt(): number {
    return this.#firstFrameAt;
  }

  get lastFrameAt(): number {
    return this.#lastFrameAt;
  }

  get sounding(): boolean {
    return this.#level > SOUND_LEVEL;
  }

  /** In Chromium this waits for a thread of WebRTC's: ask only about who may be talking. */
  poll(): void {
    const newest = this.receiver.getSynchronizationSources()[0];
    if (!newest || newest.timestamp === this.#lastFrameAt) return;
    this.#lastFrameAt = newest.timestamp;
    this.#level = newest.audioLevel ?? 1;
    this.#firstFrameAt ||= newest.timestamp;
  }

  levelNow(): number {
    this.poll();
    return performance.timeOrigin + performance.now() - this.#lastFrameAt < FRESH_MS ? this.#level : 0;
  }
}
