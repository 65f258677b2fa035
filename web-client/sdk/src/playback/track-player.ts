import type { OutputTap, TapInput } from './output-tap.ts';
import type { Sound } from './sound.ts';

/** Steps of a fade of a media element's volume, in ms. */
const FADE_STEP_MS = 5;

export interface TrackPlayerOptions {
  track: MediaStreamTrack;
  tap: OutputTap | null;
  /** The browser will not play before a gesture. */
  onBlocked: () => void;
  onClosed: (player: TrackPlayer) => void;
}

/** Plays one track: a media element, and its input of the tap when there is one. */
export class TrackPlayer implements Sound {
  readonly #options: TrackPlayerOptions;
  readonly #element: HTMLAudioElement;
  #tapInput: TapInput | null = null;
  #gain = 0;
  #fade: ReturnType<typeof setInterval> | undefined;

  constructor(options: TrackPlayerOptions) {
    const { track, tap, onBlocked } = options;
    this.#options = options;
    this.#element = document.createElement('audio');
    this.#element.srcObject = new MediaStream([track]);
    this.#element.volume = 0;
    this.#element.play().catch((error) => {
      if (error instanceof DOMException && error.name === 'NotAllowedError') onBlocked();
    });
    if (tap) this.attachTap(tap);
  }

  attachTap(tap: OutputTap): void {
    this.#tapInput = tap.connect(this.#options.track);
    this.#tapInput.setGain(this.#gain, 0);
  }

  setGain(gain: number, fadeMs = 0): void {
    if (gain === this.#gain) return;
    this.#gain = gain;
    this.#tapInput?.setGain(gain, fadeMs);
    clearInterval(this.#fade);
    const element = this.#element;
    // Where volume cannot be set (iOS), `muted` still switches.
    element.muted = gain === 0 && fadeMs === 0;
    if (fadeMs <= 0) {
      element.volume = gain;
      return;
    }
    const from = element.volume;
    const startedAt = performance.now();
    this.#fade = setInterval(() => {
      const progress = Math.min(1, (performance.now() - startedAt) / fadeMs);
      element.volume = from + (gain - from) * progress;
      if (progress < 1) return;
      clearInterval(this.#fade);
      element.muted = gain === 0;
    }, FADE_STEP_MS);
  }

  async start(): Promise<void> {
    await this.#element.play();
  }

  close(): void {
    clearInterval(this.#fade);
    this.#tapInput?.close();
    this.#element.pause();
    this.#element.srcObject = null;
    this.#options.onClosed(this);
  }
}
