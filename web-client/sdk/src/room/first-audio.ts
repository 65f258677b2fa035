import { type Clock, systemClock, type Timer } from '@parley/shared/runtime';
import type { RemoteSource } from '../media/remote-source.ts';

/** Frames are looked for by others, who talk to the browser about it; here only their notes are read, so often, in ms. */
const EVERY_MS = 100;
/** Who has not been heard by then has nothing to say, in ms. */
const GIVE_UP_MS = 30_000;

export interface FirstAudioOptions {
  /** When the room was asked for, in ms since the epoch by the page's monotonic clock. */
  askedAt: number;
  sources: () => Iterable<Pick<RemoteSource, 'firstFrameAt'>>;
  clock?: Clock;
}

/** Measures how long it takes from asking for a room until the first sound of someone who is there. */
export class FirstAudio {
  readonly #options: FirstAudioOptions;
  readonly #clock: Clock;
  #timer: Timer | undefined;
  #waitedMs = 0;
  #ms: number | null = null;

  constructor(options: FirstAudioOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#look();
  }

  /** null until it is known, and after it has been taken. */
  take(): number | null {
    const ms = this.#ms;
    this.#ms = null;
    return ms;
  }

  close(): void {
    this.#clock.cancel(this.#timer);
  }

  #look(): void {
    const heard = [...this.#options.sources()].map(({ firstFrameAt }) => firstFrameAt).filter((at) => at > 0);
    if (heard.length > 0) {
      this.#ms = Math.max(0, Math.min(...heard) - this.#options.askedAt);
      return;
    }
    if (this.#waitedMs >= GIVE_UP_MS) return;
    this.#waitedMs += EVERY_MS;
    this.#timer = this.#clock.after(EVERY_MS, () => this.#look());
  }
}
