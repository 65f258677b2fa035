import type { VoiceSource, Way } from '../media/voice-source.ts';
import { SilenceMeter } from './silence-meter.ts';
import type { Sound } from './sound.ts';

/** Frames must have come the new way for so long, in ms, before it takes over: its jitter buffer settles first. */
const ARRIVAL_MS = 100;
/** Without a frame for so long, in ms, the old way is dead: whoever is silent sends one every 400 ms (DTX). */
const DEAD_MS = 450;
/** How long a move from one way to the other fades, in ms: under the 20 ms of one Opus frame. */
const CROSSFADE_MS = 15;

interface Heard {
  readonly source: VoiceSource;
  readonly sound: Sound;
}

/**
 * One participant as heard here: a source per way while a handover is under way, one of them audible.
 * Moves from the old way to the new when decoded audio has arrived there, and measures the gap.
 */
export class Speaker {
  readonly participantId: string;
  readonly #ways = new Map<string, Heard>();
  #audible: Heard | null = null;
  #gain: number;
  /** While there is something to measure: it asks the browser for figures at every move. */
  #silence: SilenceMeter | null = null;

  constructor(participantId: string, gain: number) {
    this.participantId = participantId;
    this.#gain = gain;
  }

  /** What is heard now. */
  get source(): VoiceSource | null {
    return this.#audible?.source ?? null;
  }

  isOn(way: Way): boolean {
    return this.#audible !== null && keyOf(this.#audible.source) === keyOf(way);
  }

  /** Another source for them, and what plays it; it takes the place of one that comes the same way. */
  add(source: VoiceSource, sound: Sound): void {
    const key = keyOf(source);
    const before = this.#ways.get(key);
    const heard = { source, sound };
    this.#ways.set(key, heard);
    if (!this.#audible || this.#audible === before) this.#switchTo(heard, 0);
    before?.sound.close();
  }

  remove(source: VoiceSource): void {
    const heard = this.#ways.get(keyOf(source));
    if (heard?.source === source) this.#remove(heard);
  }

  /** That way is no more; whatever other source there is becomes audible. */
  removeWay(way: Way): void {
    const heard = this.#ways.get(keyOf(way));
    if (heard) this.#remove(heard);
  }

  setGain(gain: number): void {
    this.#gain = gain;
    this.#audible?.sound.setGain(gain);
  }

  /** Starts to measure silence anew: a handover begins. */
  startMeasuring(): void {
    this.#silence = new SilenceMeter(this.source);
  }

  /** It was called off. */
  stopMeasuring(): void {
    this.#silence = null;
  }

  /** Whether their microphone is open: while it is not, and until they are heard again, there is no silence to measure. */
  expectSound(isExpected: boolean): void {
    if (!isExpected) this.#silence?.pause();
    else if (this.#silence?.isPaused && this.#audible && this.levelNow() > 0)
      this.#silence.resume(this.#audible.source);
  }

  /** How long they could not be heard since `startMeasuring`, in ms; null if there was nothing to hear. That ends it. */
  async silenceMs(): Promise<number | null> {
    const silence = this.#silence;
    this.#silence = null;
    return silence ? silence.read() : null;
  }

  /** How loud they are now, linear, 0 to 1. */
  levelNow(): number {
    if (!this.#audible) return 0;
    const level = this.#audible.source.levelNow();
    this.#silence?.heard(this.#audible.source);
    return level;
  }

  /** Moves to `way` once frames have arrived there, at once if nothing comes the old way any more; true when that is the audible one. */
  follow(way: Way): boolean {
    const target = this.#ways.get(keyOf(way));
    if (!target) return false;
    if (target === this.#audible) return true;
    target.source.poll();
    if (target.source.flowingMs < ARRIVAL_MS && !this.#isDeadBeside(target.source)) return false;
    this.#switchTo(target, CROSSFADE_MS);
    return true;
  }

  /** Moves without waiting for frames: there is nothing to be heard on either. */
  moveTo(way: Way): void {
    const target = this.#ways.get(keyOf(way));
    if (target && target !== this.#audible) this.#switchTo(target, CROSSFADE_MS);
  }

  close(): void {
    for (const { sound } of this.#ways.values()) sound.close();
    this.#ways.clear();
    this.#audible = null;
  }

  /** Whether frames come from there, and have long ceased to come from what is audible. */
  #isDeadBeside({ firstFrameAt, lastFrameAt }: VoiceSource): boolean {
    const { source } = this.#audible ?? {};
    if (!source || firstFrameAt === 0) return false;
    source.poll();
    return lastFrameAt - source.lastFrameAt > DEAD_MS;
  }

  #remove(heard: Heard): void {
    this.#ways.delete(keyOf(heard.source));
    heard.sound.close();
    if (this.#audible !== heard) return;
    this.#audible = null;
    this.#silence?.audibleChanged(null);
    const newest = [...this.#ways.values()].sort((a, b) => b.source.epoch - a.source.epoch)[0];
    if (newest) this.#switchTo(newest, 0);
  }

  #switchTo(heard: Heard, fadeMs: number): void {
    this.#audible?.sound.setGain(0, fadeMs);
    this.#audible = heard;
    this.#silence?.audibleChanged(heard.source);
    heard.sound.setGain(this.#gain, fadeMs);
  }
}

function keyOf({ epoch, carrier }: Way): string {
  return `${epoch}/${carrier}`;
}
