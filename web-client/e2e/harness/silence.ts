import type { Person } from './person.ts';
import { pause, until } from './until.ts';

/** The meter takes the median loudness of the last half second as its reference. */
const REFERENCE_MS = 700;
/** The amplitude of a sound that is there. */
const HEARD = 0.001;

/** How long one listener did not hear one speaker, at the longest, as measured on `room.output`. */
export interface Silence {
  readonly listener: Person;
  readonly speaker: Person;
  readonly ms: number;
}

export interface SilenceReading {
  readonly silences: readonly Silence[];
  readonly longestMs: number;
  /** How much more time passed than audio, at the worst listener: what the machine could not keep up with. */
  readonly lagMs: number;
}

/** Listens, in every listener, for gaps in the sound of everyone else who speaks. */
export class SilenceWatch {
  readonly #listeners: readonly Person[];
  readonly #speakers: readonly Person[];

  private constructor(listeners: readonly Person[], speakers: readonly Person[]) {
    this.#listeners = listeners;
    this.#speakers = speakers;
  }

  /** All listeners must hear all speakers now: this is what silence is compared with. */
  static async begin(listeners: readonly Person[], speakers: readonly Person[] = listeners): Promise<SilenceWatch> {
    const watch = new SilenceWatch(listeners, speakers);
    await Promise.all(
      listeners.map((listener) => listener.listenFor(watch.#heardBy(listener).map(({ voice }) => voice))),
    );
    await watch.again();
    return watch;
  }

  /** Forgets what was, takes the present loudness as the reference, and begins anew: once all are heard, for a busy machine is late. */
  async again(): Promise<void> {
    await until('everyone to be heard as the measurement begins', async () => {
      await pause(REFERENCE_MS);
      await Promise.all(this.#listeners.map((listener) => listener.beginSilence()));
      const missed = await Promise.all(this.#listeners.map((listener) => this.#missedBy(listener)));
      return missed.flat().join('; ') || null;
    });
  }

  async read(): Promise<SilenceReading> {
    const readings = await Promise.all(
      this.#listeners.map(async (listener) => {
        const { silencesMs, audioMs, wallMs } = await listener.readSilence();
        const silences = this.#heardBy(listener).map(
          (speaker, index): Silence => ({ listener, speaker, ms: silencesMs[index] ?? Number.NaN }),
        );
        return { silences, lagMs: wallMs - audioMs };
      }),
    );
    const silences = readings.flatMap((reading) => reading.silences);
    return {
      silences,
      longestMs: Math.max(0, ...silences.map(({ ms }) => ms)),
      lagMs: Math.max(0, ...readings.map(({ lagMs }) => lagMs)),
    };
  }

  /** Who of those they should hear they do not, in words. */
  async #missedBy(listener: Person): Promise<string[]> {
    const { references } = await listener.readSilence();
    return this.#heardBy(listener).flatMap(({ name }, index) =>
      (references[index] ?? 0) > HEARD ? [] : `${listener.name} does not hear ${name}`,
    );
  }

  #heardBy(listener: Person): Person[] {
    return this.#speakers.filter((speaker) => speaker !== listener);
  }
}
