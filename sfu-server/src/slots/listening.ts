import type { Logger } from '@parley/shared/runtime';
import type { Level, MediaLevels } from '../media/ports.ts';
import type { Microphone, MicrophonePlace } from './microphone.ts';
import { SPEECH_DBOV } from './selection.ts';

/** How often levels are told, in milliseconds: the least mediasoup takes. */
export const ROUND_MS = 250;
/** Speakers in a report beyond those who may hold a slot: challengers. */
const CHALLENGERS = 16;

interface Ear {
  /** Undefined while it is being made. */
  levels: MediaLevels | undefined;
  /** Producers it listens to, or is about to. */
  readonly producerIds: Set<string>;
}

export interface ListeningOptions {
  slots: number;
  onLevels: (at: MicrophonePlace, levels: readonly Level[]) => void;
  log: Logger;
}

/** Listens to a room's microphones on this node, at each of its routers. */
export class Listening {
  readonly #options: ListeningOptions;
  readonly #ears = new Map<MicrophonePlace, Ear>();

  constructor(options: ListeningOptions) {
    this.#options = options;
  }

  /** Listens to these, and to no others. What failed before is tried again. */
  listenTo(microphones: Iterable<Microphone>): void {
    const wanted = new Map<MicrophonePlace, Set<string>>();
    for (const { at, producerId } of microphones) {
      if (!at.router) continue;
      const there = wanted.get(at) ?? new Set();
      wanted.set(at, there.add(producerId));
    }
    for (const [at, ear] of this.#ears) {
      if (wanted.has(at)) continue;
      this.#ears.delete(at);
      ear.levels?.close();
    }
    for (const [at, producerIds] of wanted) this.#listenAt(at, producerIds);
  }

  close(): void {
    this.listenTo([]);
  }

  #listenAt(at: MicrophonePlace, wanted: ReadonlySet<string>): void {
    let ear = this.#ears.get(at);
    if (ear?.levels?.closed) {
      this.#ears.delete(at);
      ear = undefined;
    }
    if (!ear) {
      ear = { levels: undefined, producerIds: new Set() };
      this.#ears.set(at, ear);
      void this.#open(at, ear);
    }
    // One that closed has left by itself.
    for (const id of ear.producerIds) if (!wanted.has(id)) ear.producerIds.delete(id);
    for (const id of wanted) {
      if (ear.producerIds.has(id)) continue;
      ear.producerIds.add(id);
      if (ear.levels) void this.#add(ear, ear.levels, id);
    }
  }

  async #open(at: MicrophonePlace, ear: Ear): Promise<void> {
    const { slots, onLevels, log } = this.#options;
    try {
      const levels = await at.router?.createLevels({
        intervalMs: ROUND_MS,
        maxEntries: slots + CHALLENGERS,
        thresholdDb: SPEECH_DBOV,
      });
      if (!levels) return;
      if (this.#ears.get(at) !== ear) return levels.close();
      ear.levels = levels;
      levels.onLevels((report) => onLevels(at, report));
      await Promise.all([...ear.producerIds].map((id) => this.#add(ear, levels, id)));
    } catch (error) {
      if (this.#ears.get(at) === ear) this.#ears.delete(at);
      log.warn('levels are not listened to', { error });
    }
  }

  async #add(ear: Ear, levels: MediaLevels, producerId: string): Promise<void> {
    try {
      await levels.add(producerId);
    } catch (error) {
      // Gone meanwhile, most likely; if not, the next round tries again.
      ear.producerIds.delete(producerId);
      this.#options.log.debug('a microphone is not listened to', { producerId, error });
    }
  }
}
