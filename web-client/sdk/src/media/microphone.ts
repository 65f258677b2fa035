import type { Microphone as MicrophoneChoice } from '../types.ts';
import { acquireAudioContext, releaseAudioContext, resumeAudioContext } from './audio-context.ts';

const PROCESSING: MediaTrackConstraints = {
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
  channelCount: 1,
};

/**
 * What we send. `track` is our own copy, switched off while muted, so that the caller's track is never
 * changed; the level is measured before the switch, so that talking while muted can be seen.
 */
export class Microphone {
  #raw: MediaStreamTrack | null = null;
  #owned = false;
  #track: MediaStreamTrack | null = null;
  #muted: boolean;
  #silenced = false;
  #meter: LevelMeter | null = null;
  #onEnded: (error: Error) => void;

  constructor(muted: boolean, onEnded: (error: Error) => void) {
    this.#muted = muted;
    this.#onEnded = onEnded;
  }

  get track(): MediaStreamTrack | null {
    return this.#track;
  }

  get muted(): boolean {
    return this.#muted;
  }

  /** RMS of the last 20 ms or so, 0 to 1, muted or not. */
  get level(): number {
    return this.#meter?.read() ?? 0;
  }

  setMuted(muted: boolean): void {
    this.#muted = muted;
    this.#switch();
  }

  /** A moderator's switch, beside our own: the track is on when neither is set. */
  setSilenced(silenced: boolean): void {
    this.#silenced = silenced;
    this.#switch();
  }

  /**
   * Takes another microphone; the present one goes on until the new one is there.
   * @throws the browser's error (`NotAllowedError`, `NotFoundError`, …) and keeps the present one.
   */
  async use(choice: string | MicrophoneChoice): Promise<void> {
    if (choice === false) return this.#replace(null, false);
    if (choice instanceof MediaStreamTrack) return this.#replace(choice, false);
    const constraints =
      choice === true
        ? PROCESSING
        : typeof choice === 'string'
          ? { ...PROCESSING, deviceId: { exact: choice } }
          : { ...PROCESSING, ...choice };
    if (!navigator.mediaDevices) throw new DOMException('A microphone needs https or localhost.', 'SecurityError');
    const stream = await navigator.mediaDevices.getUserMedia({ audio: constraints });
    this.#replace(stream.getAudioTracks()[0] ?? null, true);
  }

  close(): void {
    this.#replace(null, false);
  }

  #replace(raw: MediaStreamTrack | null, owned: boolean): void {
    this.#raw?.removeEventListener('ended', this.#handleEnded);
    this.#meter?.close();
    this.#track?.stop();
    if (this.#owned) this.#raw?.stop();
    this.#raw = raw;
    this.#owned = owned;
    this.#track = raw?.clone() ?? null;
    this.#switch();
    this.#meter = raw ? new LevelMeter(raw) : null;
    raw?.addEventListener('ended', this.#handleEnded);
  }

  #switch(): void {
    if (this.#track) this.#track.enabled = !this.#muted && !this.#silenced;
  }

  readonly #handleEnded = () => {
    this.#replace(null, false);
    this.#onEnded(new DOMException('The microphone ended.', 'NotFoundError'));
  };
}

/** The level of a track, measured by Web Audio; nothing of it is played. */
class LevelMeter {
  readonly #source: MediaStreamAudioSourceNode;
  readonly #analyser: AnalyserNode;
  readonly #samples: Float32Array<ArrayBuffer>;

  constructor(track: MediaStreamTrack) {
    const context = acquireAudioContext();
    void resumeAudioContext();
    this.#analyser = context.createAnalyser();
    this.#analyser.fftSize = 1024;
    this.#samples = new Float32Array(this.#analyser.fftSize);
    this.#source = context.createMediaStreamSource(new MediaStream([track]));
    this.#source.connect(this.#analyser);
  }

  read(): number {
    this.#analyser.getFloatTimeDomainData(this.#samples);
    let sum = 0;
    for (const sample of this.#samples) sum += sample * sample;
    return Math.min(1, Math.sqrt(sum / this.#samples.length));
  }

  close(): void {
    this.#source.disconnect();
    releaseAudioContext();
  }
}
