import type { RemoteSource } from '../media/remote-source.ts';
import type { OutputTap } from './output-tap.ts';
import { SilenceMeter } from './silence-meter.ts';
import { SourcePlayer } from './source-player.ts';

/** Frames must have come over a new path for so long, in ms, before it takes over: its jitter buffer settles first. */
const ARRIVAL_MS = 100;
/** How long a move from one path to the other fades, in ms: under the 20 ms of one Opus frame. */
const CROSSFADE_MS = 15;
/**
 * One participant as heard here: a source per path while a handover is under way, one of them audible.
 * Moves from the old path to the new when decoded audio has arrived there, and measures the gap.
 */
export class Speaker {
  readonly participantId: string;
  readonly #players = new Map<number, SourcePlayer>();
  readonly #onBlocked: () => void;
  #tap: OutputTap | null;
  #audible: SourcePlayer | null = null;
  #gain = 1;
  readonly #silence = new SilenceMeter();

  constructor(participantId: string, tap: OutputTap | null, onBlocked: () => void) {
    this.participantId = participantId;
    this.#tap = tap;
    this.#onBlocked = onBlocked;
  }

  /** What is heard now. */
  get source(): RemoteSource | null {
    return this.#audible?.source ?? null;
  }

  hasSource(epoch: number): boolean {
    return this.#players.has(epoch);
  }

  addSource(source: RemoteSource): void {
    this.#players.get(source.epoch)?.close();
    const player = new SourcePlayer(source, this.#tap, this.#onBlocked);
    const replaced = this.#audible?.source.epoch === source.epoch;
    this.#players.set(source.epoch, player);
    if (!this.#audible || replaced) this.#switchTo(player, 0);
  }

  removeSource(source: RemoteSource): void {
    const player = this.#players.get(source.epoch);
    if (player?.source === source) this.#remove(player);
  }

  /** The path of `epoch` has closed; whatever other source there is becomes audible. */
  removePath(epoch: number): void {
    const player = this.#players.get(epoch);
    if (player) this.#remove(player);
  }

  attachTap(tap: OutputTap): void {
    this.#tap = tap;
    for (const player of this.#players.values()) player.attachTap(tap);
  }

  setGain(gain: number): void {
    this.#gain = gain;
    this.#audible?.setGain(gain);
  }

  /** Starts to measure silence anew: a handover begins. */
  startMeasuring(): void {
    this.#silence.start(this.source);
  }

  /** How long they could not be heard since `startMeasuring`, in ms; null if there was nothing to hear. */
  silenceMs(): Promise<number | null> {
    return this.#silence.read();
  }

  /** How loud they are now, linear, 0 to 1. */
  levelNow(): number {
    if (!this.#audible) return 0;
    const level = this.#audible.source.levelNow();
    this.#silence.heard(this.#audible.source);
    return level;
  }

  /** Moves to the path of `targetEpoch` once frames have arrived there; true when that is the audible one. */
  follow(targetEpoch: number): boolean {
    const target = this.#players.get(targetEpoch);
    if (!target) return false;
    if (target === this.#audible) return true;
    target.source.poll();
    if (target.source.flowingMs < ARRIVAL_MS) return false;
    this.#switchTo(target, CROSSFADE_MS);
    return true;
  }

  /** Moves without waiting for frames: there is nothing to be heard on either path. */
  moveTo(epoch: number): void {
    const target = this.#players.get(epoch);
    if (target && target !== this.#audible) this.#switchTo(target, CROSSFADE_MS);
  }

  async start(): Promise<void> {
    await Promise.all([...this.#players.values()].map((player) => player.start()));
  }

  close(): void {
    for (const player of this.#players.values()) player.close();
    this.#players.clear();
    this.#audible = null;
  }

  #remove(player: SourcePlayer): void {
    this.#players.delete(player.source.epoch);
    player.close();
    if (this.#audible !== player) return;
    this.#audible = null;
    this.#silence.audibleChanged(null);
    const newest = [...this.#players.values()].sort((a, b) => b.source.epoch - a.source.epoch)[0];
    if (newest) this.#switchTo(newest, 0);
  }

  #switchTo(player: SourcePlayer, fadeMs: number): void {
    this.#audible?.setGain(0, fadeMs);
    this.#audible = player;
    this.#silence.audibleChanged(player.source);
    player.setGain(this.#gain, fadeMs);
  }
}
