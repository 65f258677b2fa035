import { FRESH_MS, SOUND_LEVEL, type VoiceSource } from '../media/voice-source.ts';
import type { Sound } from './sound.ts';

/** After so long without a frame, in ms, those that come begin anew to flow. */
const PAUSE_MS = 500;

export interface SlotVoiceOptions {
  participantId: string;
  csrc: number;
  epoch: number;
  /** The receiver of the slot that has this voice now. */
  receiver: () => RTCRtpReceiver | null;
  onGain: (fadeMs: number) => void;
  onClosed: () => void;
}

/** One participant's voice in the speaker slots of a path: whichever of them it is in, and however loud it is to be. */
export class SlotVoice implements VoiceSource, Sound {
  readonly participantId: string;
  readonly csrc: number;
  readonly kind = 'sfu';
  readonly epoch: number;
  readonly carrier = 'slots';
  readonly #options: SlotVoiceOptions;
  #gain = 0;
  #firstFrameAt = 0;
  #flowsSince = 0;
  #lastFrameAt = 0;
  #level = 0;

  constructor(options: SlotVoiceOptions) {
    this.#options = options;
    this.participantId = options.participantId;
    this.csrc = options.csrc;
    this.epoch = options.epoch;
  }

  get gain(): number {
    return this.#gain;
  }

  get receiver(): RTCRtpReceiver | null {
    return this.#options.receiver();
  }

  get firstFrameAt(): number {
    return this.#firstFrameAt;
  }

  get flowingMs(): number {
    return this.#lastFrameAt - this.#flowsSince;
  }

  get lastFrameAt(): number {
    return this.#lastFrameAt;
  }

  get sounding(): boolean {
    return this.#level > SOUND_LEVEL;
  }

  /** A frame of theirs was played at `timestamp`, this loud. */
  heard(timestamp: number, level: number): void {
    if (timestamp <= this.#lastFrameAt) return;
    if (timestamp - this.#lastFrameAt > PAUSE_MS) this.#flowsSince = timestamp;
    this.#firstFrameAt ||= timestamp;
    this.#lastFrameAt = timestamp;
    this.#level = level;
  }

  /** Nothing to do: the slots are looked at together. */
  poll(): void {}

  levelNow(): number {
    return performance.timeOrigin + performance.now() - this.#lastFrameAt < FRESH_MS ? this.#level : 0;
  }

  setGain(gain: number, fadeMs = 0): void {
    if (gain === this.#gain) return;
    this.#gain = gain;
    this.#options.onGain(fadeMs);
  }

  close(): void {
    this.#options.onClosed();
  }
}
