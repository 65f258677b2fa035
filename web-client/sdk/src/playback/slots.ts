import { csrcOf } from '@parley/shared/media';
import { type Clock, systemClock, type Timer } from '@parley/shared/runtime';
import type { SlotSource } from '../media/voice-source.ts';
import { SlotHolder } from './slot-holder.ts';
import { SlotVoice } from './slot-voice.ts';
import type { Play, Sound } from './sound.ts';

/** How often it is looked whose voice a slot has, in ms: as often as Opus sends frames, where some are louder than others; */
const POLL_MS = 20;
/** elsewhere it only matters for levels. */
const LEVELS_POLL_MS = 100;
const MAX_POLL_MS = 500;
/** The page's thread is spent on it for at most one part in so many: the browser may take 0.2 ms for a slot (measured). */
const SHARE = 10;
/** Who has left is remembered, so that their last words are no stranger's: so many of them. */
const REMEMBERED = 64;

/** Makes what plays the slots of a path. */
export type Mix = (options: SlotsOptions) => Slots;

interface Slot {
  readonly source: SlotSource;
  readonly sound: Sound;
  readonly holder: SlotHolder;
}

export interface SlotsOptions {
  epoch: number;
  selfId: string;
  /** Whose voice does not come: the SFU sends nothing of them. */
  isSilenced: (participantId: string) => boolean;
  play: Play;
  clock?: Clock;
}

/**
 * The speaker slots of a path. Each is one media element, as loud as whoever has the slot is to be; who that is
 * is told by the CSRC of what was just played.
 */
export class Slots {
  readonly #options: SlotsOptions;
  readonly #clock: Clock;
  readonly #slots = new Map<string, Slot>();
  /** By CSRC. It is a hash, so two people may have the same. */
  readonly #voices = new Map<number, Set<SlotVoice>>();
  readonly #gone = new Set<number>();
  readonly #selfCsrc: number;
  /** How loud whoever is not known (yet) is played. */
  #strangersGain = 1;
  /** Whose voice may come and is not to be as loud as a stranger's. While there is none, it hardly matters whose comes. */
  readonly #odd = new Set<SlotVoice>();
  #timer: Timer | undefined;
  /** It does not matter whose voice comes, so that it is looked for less often. */
  #isLevel = false;

  constructor(options: SlotsOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#selfCsrc = csrcOf(options.selfId);
    this.#poll();
  }

  get isEmpty(): boolean {
    return this.#slots.size === 0;
  }

  /** Whether anybody's frames are coming. */
  get flowing(): boolean {
    return [...this.#slots.values()].some(({ holder }) => holder.csrc !== null);
  }

  add(source: SlotSource): void {
    const before = this.#slots.get(source.producerId);
    const sound = this.#options.play(source.receiver.track);
    const slot = { source, sound, holder: new SlotHolder() };
    this.#slots.set(source.producerId, slot);
    before?.sound.close();
    this.#apply();
    this.#look(slot);
  }

  remove(source: SlotSource): void {
    const slot = this.#slots.get(source.producerId);
    if (slot?.source !== source) return;
    this.#slots.delete(source.producerId);
    slot.sound.close();
  }

  /** The voice of a participant, whenever a slot has it; silent until it is given a gain. */
  voiceOf(participantId: string): SlotVoice {
    const csrc = csrcOf(participantId);
    const voice = new SlotVoice({
      participantId,
      csrc,
      epoch: this.#options.epoch,
      receiver: () => this.#slotOf(csrc)?.source.receiver ?? null,
      onGain: (fadeMs) => {
        this.#compare(voice);
        this.#apply(fadeMs);
      },
      onClosed: () => this.#forget(voice),
    });
    const voices = this.#voices.get(csrc) ?? new Set();
    this.#voices.set(csrc, voices.add(voice));
    this.#gone.delete(csrc);
    this.#compare(voice);
    this.#apply();
    return voice;
  }

  setStrangersGain(gain: number): void {
    this.#strangersGain = gain;
    for (const voices of this.#voices.values()) for (const voice of voices) this.#compare(voice);
    this.#apply();
  }

  /** What `isSilenced` says of someone is another than before. */
  silencedChanged(participantId: string): void {
    for (const voice of this.#voices.get(csrcOf(participantId)) ?? []) this.#compare(voice);
    this.#apply();
  }

  close(): void {
    this.#clock.cancel(this.#timer);
    for (const { sound } of this.#slots.values()) sound.close();
    this.#slots.clear();
    this.#voices.clear();
    this.#odd.clear();
  }

  #poll(): void {
    this.#clock.cancel(this.#timer);
    const startedAt = this.#clock.now();
    for (const slot of this.#slots.values()) this.#look(slot);
    this.#isLevel = this.#odd.size === 0;
    const spentMs = this.#clock.now() - startedAt;
    const waitMs = Math.max(this.#isLevel ? LEVELS_POLL_MS : POLL_MS, Math.min(spentMs * SHARE, MAX_POLL_MS));
    this.#timer = this.#clock.after(waitMs, () => this.#poll());
  }

  #look({ source: { receiver }, sound, holder }: Slot): void {
    const sources = receiver.getContributingSources();
    for (const { source, timestamp, audioLevel } of sources) {
      // Not every browser says how loud a contributing source is; then it is the slot's own level.
      const level = audioLevel ?? receiver.getSynchronizationSources()[0]?.audioLevel ?? 1;
      for (const voice of this.#voices.get(source) ?? []) voice.heard(timestamp, level);
    }
    if (holder.look(sources, this.#clock.now())) sound.setGain(this.#gainIn(holder));
  }

  #apply(fadeMs = 0): void {
    for (const { sound, holder } of this.#slots.values()) sound.setGain(this.#gainIn(holder), fadeMs);
    if (this.#isLevel && this.#odd.size > 0) this.#poll();
  }

  #gainIn({ csrc }: SlotHolder): number {
    // Whoever comes next may be one who is not to be heard.
    if (csrc === null) return this.#odd.size === 0 ? this.#strangersGain : 0;
    const voices = this.#voices.get(csrc);
    if (voices) return Math.max(...[...voices].map(({ gain }) => gain));
    return csrc === this.#selfCsrc || this.#gone.has(csrc) ? 0 : this.#strangersGain;
  }

  #compare(voice: SlotVoice): void {
    const isOdd = voice.gain !== this.#strangersGain && !this.#options.isSilenced(voice.participantId);
    if (isOdd) this.#odd.add(voice);
    else this.#odd.delete(voice);
  }

  #slotOf(csrc: number): Slot | undefined {
    return [...this.#slots.values()].find(({ holder }) => holder.csrc === csrc);
  }

  #forget(voice: SlotVoice): void {
    this.#odd.delete(voice);
    const voices = this.#voices.get(voice.csrc);
    if (voices?.delete(voice) && voices.size === 0) {
      this.#voices.delete(voice.csrc);
      this.#gone.add(voice.csrc);
      const [oldest] = this.#gone;
      if (this.#gone.size > REMEMBERED && oldest !== undefined) this.#gone.delete(oldest);
    }
    this.#apply();
  }
}
