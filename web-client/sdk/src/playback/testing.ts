import type { SlotSource } from '../media/voice-source.ts';
import { type Mix, Slots } from './slots.ts';
import type { Play, Sound } from './sound.ts';

/** A sound that tells what it was told. */
export class FakeSound implements Sound {
  gain = 0;
  fadeMs = 0;
  closed = false;

  setGain(gain: number, fadeMs = 0): void {
    if (gain === this.gain) return;
    this.gain = gain;
    this.fadeMs = fadeMs;
  }

  close(): void {
    this.closed = true;
  }
}

/** What is played, by track. */
export function fakePlay(): { play: Play; sounds: Map<MediaStreamTrack, FakeSound> } {
  const sounds = new Map<MediaStreamTrack, FakeSound>();
  const play: Play = (track) => {
    const sound = new FakeSound();
    sounds.set(track, sound);
    return sound;
  };
  return { play, sounds };
}

/** A slot's receiver, which plays what the test says. */
export class FakeSlot implements SlotSource {
  readonly epoch: number;
  readonly producerId: string;
  readonly #sources = new Map<number, RTCRtpContributingSource>();
  looks = 0;
  readonly mix: Mix = (options) => new Slots(options);
  readonly receiver = {
    track: {},
    getContributingSources: () => {
      this.looks++;
      return [...this.#sources.values()];
    },
    getSynchronizationSources: () => [],
  } as unknown as RTCRtpReceiver;

  constructor(producerId: string, epoch = 2) {
    this.producerId = producerId;
    this.epoch = epoch;
  }

  /** A frame of this CSRC is played. */
  play(source: number, timestamp: number, audioLevel = 0.1): void {
    this.#sources.set(source, { source, timestamp, rtpTimestamp: (timestamp * 48) >>> 0, audioLevel });
  }
}
