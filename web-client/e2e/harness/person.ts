import type { OpusOptions } from '@parley/voice-sdk';
import type { Page } from 'playwright-core';
import type { RoomView, SeenEvent } from '../page/person.ts';
import type { Silences } from '../page/silence-meter.ts';
import type { JoinFailure, Moderation, Stage } from '../page/stage.ts';
import type { AudioCounts, Wire } from '../page/wires.ts';

export interface JoinSettings {
  /** What they sound like, in Hz; by default a tone of their own. Empty: no microphone. */
  readonly voice?: readonly number[];
  /** They speak in syllables instead, with a voice of this pitch, in Hz. */
  readonly pitch?: number;
  readonly muted?: boolean;
  readonly opus?: OpusOptions;
  /** `relay`: by TURN servers or not at all. */
  readonly iceTransportPolicy?: 'all' | 'relay';
  /** An access token; without one they are a guest. */
  readonly token?: string;
}

/** Joining failed; `code` is the protocol's. */
export class JoinError extends Error {
  override readonly name = 'JoinError';
  readonly code: string | null;
  readonly retryable: boolean | null;

  constructor(person: string, failure: JoinFailure) {
    super(`${person} could not join: ${failure.name}: ${failure.message} (${failure.code})`);
    this.code = failure.code;
    this.retryable = failure.retryable;
  }
}

type Method = {
  [M in keyof Stage]: Stage[M] extends (name: string, ...rest: never[]) => unknown ? M : never;
}[keyof Stage];
type Rest<M extends Method> = Stage[M] extends (name: string, ...rest: infer R) => unknown ? R : never;
type Result<M extends Method> = Stage[M] extends (...all: never[]) => infer R ? Awaited<R> : never;

/** Someone on a page of the tests. */
export class Person {
  readonly name: string;
  readonly page: Page;
  /** What they sound like, in Hz. */
  readonly voice: readonly number[];

  constructor(name: string, page: Page, voice: readonly number[]) {
    this.name = name;
    this.page = page;
    this.voice = voice;
  }

  /** @throws {JoinError} */
  async join(url: string, room: string, settings: JoinSettings = {}): Promise<void> {
    const request = { url, room, name: this.name, voice: this.voice, ...settings };
    const failure = await this.page.evaluate((it) => window.stage?.join(it), request);
    if (failure) throw new JoinError(this.name, failure);
  }

  leave = (): Promise<void> => this.#ask('leave');
  view = (): Promise<RoomView> => this.#ask('view');
  events = (): Promise<readonly SeenEvent[]> => this.#ask('events');
  levels = (frequencies: readonly number[]): Promise<number[]> => this.#ask('levels', frequencies);
  setMuted = (muted: boolean): Promise<void> => this.#ask('setMuted', muted);
  /** Their voice, or no microphone at all. */
  setMicrophone = (isOn: boolean): Promise<void> => this.#ask('setMicrophone', isOn);
  setToken = (token: string): Promise<void> => this.#ask('setToken', token);
  setDeafened = (deafened: boolean): Promise<void> => this.#ask('setDeafened', deafened);
  setVoiceLevel = (level: number): Promise<void> => this.#ask('setVoiceLevel', level);
  stats = (): Promise<Result<'stats'>> => this.#ask('stats');
  /** What the SDK has logged. */
  log = (): Promise<readonly string[]> => this.#ask('log');
  /** The peer connections of their page. */
  wires = (): Promise<Wire[]> => this.#ask('wires');
  audioCounts = (): Promise<AudioCounts> => this.#ask('audioCounts');
  listenFor = (sounds: readonly (readonly number[])[]): Promise<void> => this.#ask('listenFor', sounds);
  beginSilence = (): Promise<void> => this.#ask('beginSilence');
  readSilence = (): Promise<Silences> => this.#ask('readSilence');

  /** Does it to the room, or to someone in it. */
  async moderate(what: Moderation, whom?: Person): Promise<void> {
    await this.#ask('moderate', what, whom ? await whom.id() : '');
  }

  /** The code with which their room was closed; null while it is open. */
  async closedWith(): Promise<string | null> {
    const [closed] = await this.eventsOf('closed');
    return closed ? ((closed.data as { code: string }[])[0]?.code ?? '') : null;
  }

  async setVolume(of: Person, volume: number): Promise<void> {
    await this.#ask('setVolume', await of.id(), volume);
  }

  /** Their participant id. */
  async id(): Promise<string> {
    return (await this.view()).selfId;
  }

  /** Events of one kind, oldest first. */
  async eventsOf(event: SeenEvent['event']): Promise<SeenEvent[]> {
    return (await this.events()).filter((seen) => seen.event === event);
  }

  #ask<M extends Method>(method: M, ...rest: Rest<M>): Promise<Result<M>> {
    return this.page.evaluate(
      ({ method: called, all }) => {
        const { stage } = window;
        if (!stage) throw new Error('the page has no stage');
        return (stage[called] as (...args: unknown[]) => unknown)(...all);
      },
      { method, all: [this.name, ...rest] },
    ) as Promise<Result<M>>;
  }
}
