/**
 * The page of the browser tests: people who join rooms, speak in tones and hear. `window.stage` is what tests call.
 * The SDK comes from the signaling server by a plain module script, as on any foreign page (page.html).
 */
import type { RoomStats } from '@parley/voice-sdk';
import { type JoinRequest, PagePerson, type RoomView, type Sdk, type SeenEvent } from './person.ts';
import { loadSilenceMeter, type Silences } from './silence-meter.ts';
import { type AudioCounts, audioCounts, type Wire, watchWires, wires } from './wires.ts';

/** How an attempt to join ended, when it failed. */
export interface JoinFailure {
  readonly name: string;
  readonly message: string;
  readonly code: string | null;
  readonly retryable: boolean | null;
}

/** What a moderator may do; the first five to someone, the others to the room. */
export type Moderation = 'mute' | 'unmute' | 'pin' | 'unpin' | 'remove' | 'lock' | 'unlock' | 'end';

export class Stage {
  readonly #sdk: Sdk;
  readonly #audio: AudioContext;
  readonly #people = new Map<string, PagePerson>();

  constructor(sdk: Sdk, audio: AudioContext) {
    this.#sdk = sdk;
    this.#audio = audio;
  }

  /** @returns null, or why it failed */
  async join(request: JoinRequest): Promise<JoinFailure | null> {
    try {
      this.#people.set(request.name, await PagePerson.join(this.#sdk, this.#audio, request));
      return null;
    } catch (error) {
      const { name, message, code, retryable } = error as Error & { code?: string; retryable?: boolean };
      return { name, message, code: code ?? null, retryable: retryable ?? null };
    }
  }

  async leave(name: string): Promise<void> {
    const person = this.#person(name);
    this.#people.delete(name);
    await person.leave();
  }

  view = (name: string): RoomView => this.#person(name).view();
  events = (name: string): readonly SeenEvent[] => this.#person(name).events;
  levels = (name: string, frequencies: readonly number[]): number[] => this.#person(name).levels(frequencies);
  setMuted = (name: string, muted: boolean): void => this.#person(name).room.setMuted(muted);
  setToken = (name: string, token: string): Promise<void> => this.#person(name).client.setToken(token);
  moderate = (name: string, what: Moderation, participantId: string): Promise<void> => {
    const { moderate } = this.#person(name).room;
    if (what === 'pin' || what === 'unpin') return moderate.pin(participantId, what === 'pin');
    return what === 'lock' || what === 'unlock' || what === 'end' ? moderate[what]() : moderate[what](participantId);
  };
  setDeafened = (name: string, deafened: boolean): void => this.#person(name).room.setDeafened(deafened);
  setVoiceLevel = (name: string, level: number): void => this.#person(name).voice?.setLevel(level);
  /** Their voice, or no microphone at all. */
  setMicrophone = (name: string, isOn: boolean): Promise<void> => {
    const { room, voice } = this.#person(name);
    return room.setMicrophone((isOn && voice?.track) || false);
  };
  setVolume = (name: string, id: string, volume: number): void => this.#person(name).room.setVolume(id, volume);

  async stats(name: string): Promise<{ participants: [string, unknown][]; sendBitrate: number | null }> {
    const { participants, sendBitrate }: RoomStats = await this.#person(name).room.stats();
    return { participants: [...participants], sendBitrate };
  }

  log = (name: string): readonly string[] => this.#person(name).log;
  /** Of the whole page. */
  wires = (_name: string): Promise<Wire[]> => wires();
  /** Of the whole page. */
  audioCounts = (_name: string): Promise<AudioCounts> => audioCounts();

  listenFor = (name: string, sounds: readonly (readonly number[])[]): Promise<void> =>
    this.#person(name).meter.listenFor(sounds);
  beginSilence = (name: string): Promise<void> => this.#person(name).meter.begin();
  readSilence = (name: string): Promise<Silences> => this.#person(name).meter.read();

  #person(name: string): PagePerson {
    const person = this.#people.get(name);
    if (!person) throw new Error(`${name} is not on this page`);
    return person;
  }
}

declare global {
  interface Window {
    stage?: Stage;
  }
}

/** Called by page.html once the SDK is there. */
export async function openStage(sdk: Sdk): Promise<void> {
  watchWires();
  // Nobody is to hear the tests: without an output device there is less for a busy machine to do.
  const audio = new AudioContext({ sampleRate: 48_000, ...{ sinkId: { type: 'none' } } });
  await audio.resume();
  await loadSilenceMeter(audio);
  window.stage = new Stage(sdk, audio);
}
