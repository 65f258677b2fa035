import type { JoinOptions, OpusOptions, Room, RoomEvents, VoiceClient, VoiceClientOptions } from '@parley/voice-sdk';
import { createEar, type Ear } from './ear.ts';
import { createSilenceMeter, type SilenceMeter } from './silence-meter.ts';
import { createSpeech, createVoice, type Voice } from './voice.ts';

type Logger = NonNullable<VoiceClientOptions['logger']>;

export type Sdk = typeof import('@parley/voice-sdk');

export interface JoinRequest {
  readonly url: string;
  readonly room: string;
  readonly name: string;
  /** What they sound like, in Hz; empty: no microphone at all. */
  readonly voice: readonly number[];
  /** They speak in syllables instead, with a voice of this pitch, in Hz. */
  readonly pitch?: number;
  readonly muted?: boolean;
  readonly opus?: OpusOptions;
  /** `relay`: by TURN servers or not at all. */
  readonly iceTransportPolicy?: 'all' | 'relay';
  /** An access token; without one they are a guest. */
  readonly token?: string;
}

/** An event of the room, as it can leave the page. `at` is `performance.now()`. */
export interface SeenEvent {
  readonly at: number;
  readonly event: keyof RoomEvents;
  readonly data: unknown;
}

/** What a test sees of a room. */
export interface RoomView {
  readonly selfId: string;
  readonly topology: string;
  readonly epoch: number;
  readonly connectionState: string;
  readonly participants: readonly {
    id: string;
    name: string;
    muted: boolean;
    deafened: boolean;
    speaking: boolean;
    pinned: boolean;
    connection: string;
    path: string | null;
  }[];
}

const EVENTS = [
  'participantJoined',
  'participantLeft',
  'participantUpdated',
  'speaking',
  'topologyChanged',
  'handover',
  'connectionState',
  'rejoined',
  'audioBlocked',
  'microphoneError',
  'relayUnavailable',
  'closed',
] as const satisfies readonly (keyof RoomEvents)[];

/** Someone in a room, with a voice of their own and an ear on what they hear. */
export class PagePerson {
  readonly client: VoiceClient;
  readonly room: Room;
  readonly voice: Voice | null;
  readonly #audio: AudioContext;
  /** Both made when first asked for: in a full room listening is what costs most. */
  #ear: Ear | null = null;
  #meter: SilenceMeter | null = null;
  readonly events: SeenEvent[] = [];
  /** What the SDK has logged, but for what is only of use when it is debugged. */
  readonly log: readonly string[];

  private constructor(
    audio: AudioContext,
    client: VoiceClient,
    room: Room,
    voice: Voice | null,
    log: readonly string[],
  ) {
    this.client = client;
    this.room = room;
    this.voice = voice;
    this.#audio = audio;
    this.log = log;
    for (const event of EVENTS) {
      room.on(event, (...data) => {
        this.events.push({ at: performance.now(), event, data: toPlain(data) });
      });
    }
  }

  /** @throws what `VoiceClient.join` throws; nothing is left open then. */
  static async join(sdk: Sdk, audio: AudioContext, request: JoinRequest): Promise<PagePerson> {
    const { url, room, name, opus, iceTransportPolicy, token } = request;
    const voice =
      request.pitch !== undefined
        ? createSpeech(audio, request.pitch)
        : request.voice.length > 0
          ? createVoice(audio, request.voice)
          : null;
    const log: string[] = [];
    const logger = loggerTo(log, {});
    const client = new sdk.VoiceClient({
      ...{ url, name, logger },
      ...(opus ? { opus } : {}),
      ...(iceTransportPolicy ? { iceTransportPolicy } : {}),
      ...(token ? { token } : {}),
    });
    const options: JoinOptions = { microphone: voice?.track ?? false, muted: request.muted ?? false };
    try {
      return new PagePerson(audio, client, await client.join(room, options), voice, log);
    } catch (error) {
      voice?.stop();
      await client.close();
      throw error;
    }
  }

  view(): RoomView {
    const { topology, epoch, connectionState, self, participants } = this.room;
    return {
      selfId: self.id,
      topology,
      epoch,
      connectionState,
      participants: [...participants.values()].map(
        ({ id, name, muted, deafened, speaking, pinned, connection, path }) =>
          ({ id, name, muted, deafened, speaking, pinned, connection, path }) as const,
      ),
    };
  }

  levels(frequencies: readonly number[]): number[] {
    this.#ear ??= createEar(this.#audio, this.room.output);
    return this.#ear.levels(frequencies);
  }

  get meter(): SilenceMeter {
    this.#meter ??= createSilenceMeter(this.#audio, this.#audio.createMediaStreamSource(this.room.output));
    return this.#meter;
  }

  async leave(): Promise<void> {
    await this.room.leave();
    await this.client.close();
    this.#ear?.close();
    this.#meter?.close();
    this.voice?.stop();
  }
}

const LOG_LINES_MAX = 500;

/** Keeps lines `message {fields}`. */
function loggerTo(lines: string[], bound: Record<string, unknown>): Logger {
  const add = (message: string, fields: Record<string, unknown> = {}) => {
    const entry = JSON.stringify(toPlain({ ...bound, ...fields }));
    lines.push(`${Math.round(performance.now())} ${message} ${entry}`);
    if (lines.length > LOG_LINES_MAX) lines.shift();
  };
  return { debug() {}, info: add, warn: add, error: add, child: (more) => loggerTo(lines, { ...bound, ...more }) };
}

/** Maps become lists of pairs, errors their message: what can cross from the page to the test. */
function toPlain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, inner: unknown) => {
      if (inner instanceof Map) return [...inner];
      if (inner instanceof Error) return { ...inner, name: inner.name, message: inner.message };
      return inner;
    }),
  );
}
