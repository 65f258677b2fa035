import { acquireAudioContext, releaseAudioContext, resumeAudioContext } from '../media/audio-context.ts';

/**
 * The mix as a MediaStream, for whoever wants to record, measure or show it. It is a tap only: people are
 * played by media elements, because sound that leaves through Web Audio is not cancelled as echo everywhere.
 */
export class OutputTap {
  readonly #context = acquireAudioContext();
  readonly #destination: MediaStreamAudioDestinationNode;

  constructor() {
    this.#destination = this.#context.createMediaStreamDestination();
    void resumeAudioContext();
  }

  get stream(): MediaStream {
    return this.#destination.stream;
  }

  /** Adds a track; the returned gain follows its playback. */
  connect(track: MediaStreamTrack): TapInput {
    const source = this.#context.createMediaStreamSource(new MediaStream([track]));
    const gain = this.#context.createGain();
    gain.gain.value = 0;
    source.connect(gain).connect(this.#destination);
    return {
      setGain: (value, fadeMs) => {
        const now = this.#context.currentTime;
        const parameter = gain.gain;
        const from = parameter.value;
        parameter.cancelScheduledValues(now);
        parameter.setValueAtTime(from, now);
        parameter.linearRampToValueAtTime(value, now + Math.max(fadeMs, 1) / 1000);
      },
      close: () => {
        source.disconnect();
        gain.disconnect();
      },
    };
  }

  close(): void {
    releaseAudioContext();
  }
}

export interface TapInput {
  setGain(value: number, fadeMs: number): void;
  close(): void;
}
