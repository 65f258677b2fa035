import type { RemoteSource } from '../media/remote-source.ts';
import type { SlotSource } from '../media/voice-source.ts';
import type { TopologyKind } from '../types.ts';
import { OutputTap } from './output-tap.ts';
import type { Slots } from './slots.ts';
import type { Play } from './sound.ts';
import { Speaker } from './speaker.ts';
import { TrackPlayer } from './track-player.ts';

export interface PlaybackOptions {
  /** Who we are now. */
  selfId: () => string;
  /** The browser will not play before a gesture. */
  onBlocked: () => void;
}

/** All that is heard in a room: speakers with their volumes, the slots they come in, deafness, and the tap. */
export class Playback {
  readonly #options: PlaybackOptions;
  readonly #speakers = new Map<string, Speaker>();
  /** By epoch. */
  readonly #slots = new Map<number, Slots>();
  readonly #players = new Set<TrackPlayer>();
  readonly #volumes = new Map<string, number>();
  readonly #silenced = new Set<string>();
  #deafened = false;
  #tap: OutputTap | null = null;
  #blocked = false;

  constructor(options: PlaybackOptions) {
    this.#options = options;
  }

  /** The tap's stream; made when first asked for. */
  get output(): MediaStream {
    if (!this.#tap) {
      this.#tap = new OutputTap();
      for (const player of this.#players) player.attachTap(this.#tap);
    }
    return this.#tap.stream;
  }

  get speakers(): Iterable<Speaker> {
    return this.#speakers.values();
  }

  speaker(participantId: string): Speaker | undefined {
    return this.#speakers.get(participantId);
  }

  /** How someone's voice comes here now; null: not yet. */
  kindOf(participantId: string): TopologyKind | null {
    return this.#speakers.get(participantId)?.source?.kind ?? null;
  }

  /** How loud someone is now, linear, 0 to 1; who may not be heard is not loud. */
  levelOf(participantId: string): number {
    const level = this.#speakers.get(participantId)?.levelNow() ?? 0;
    return this.#silenced.has(participantId) ? 0 : level;
  }

  /** Whether anybody's voice comes in the slots of that path. */
  slotsFlow(epoch: number): boolean {
    return this.#slots.get(epoch)?.flowing ?? false;
  }

  /** Someone of whom voices in slots may be. */
  addParticipant(participantId: string): Speaker {
    const present = this.#speakers.get(participantId);
    if (present) return present;
    const speaker = new Speaker(participantId, this.#gainOf(participantId));
    this.#speakers.set(participantId, speaker);
    for (const slots of this.#slots.values()) addVoice(speaker, slots);
    return speaker;
  }

  addSource(source: RemoteSource): void {
    this.addParticipant(source.participantId).add(source, this.#play(source.track));
  }

  removeSource(source: RemoteSource): void {
    this.#speakers.get(source.participantId)?.remove(source);
  }

  addSlot(source: SlotSource): void {
    const { epoch } = source;
    let slots = this.#slots.get(epoch);
    if (!slots) {
      slots = source.mix({
        epoch,
        selfId: this.#options.selfId(),
        isSilenced: (id) => this.#silenced.has(id),
        play: this.#play,
      });
      slots.setStrangersGain(this.#deafened ? 0 : 1);
      this.#slots.set(epoch, slots);
      for (const speaker of this.#speakers.values()) addVoice(speaker, slots);
    }
    slots.add(source);
  }

  removeSlot(source: SlotSource): void {
    const slots = this.#slots.get(source.epoch);
    slots?.remove(source);
    if (slots?.isEmpty) this.#removeSlots(source.epoch);
  }

  removePath(epoch: number): void {
    for (const speaker of this.#speakers.values()) speaker.removeWay({ epoch, carrier: 'direct' });
    this.#removeSlots(epoch);
  }

  removeParticipant(participantId: string): void {
    this.#speakers.get(participantId)?.close();
    this.#speakers.delete(participantId);
    this.#volumes.delete(participantId);
    this.#silenced.delete(participantId);
  }

  volumeOf(participantId: string): number {
    return this.#volumes.get(participantId) ?? 1;
  }

  setVolume(participantId: string, volume: number): void {
    this.#volumes.set(participantId, volume);
    this.#speakers.get(participantId)?.setGain(this.#gainOf(participantId));
  }

  /** Plays nothing of someone, whatever arrives: a moderator took the word from them. */
  setSilenced(participantId: string, silenced: boolean): void {
    if (silenced) this.#silenced.add(participantId);
    else this.#silenced.delete(participantId);
    for (const slots of this.#slots.values()) slots.silencedChanged(participantId);
    this.#speakers.get(participantId)?.setGain(this.#gainOf(participantId));
  }

  setDeafened(deafened: boolean): void {
    this.#deafened = deafened;
    for (const slots of this.#slots.values()) slots.setStrangersGain(deafened ? 0 : 1);
    for (const [id, speaker] of this.#speakers) speaker.setGain(this.#gainOf(id));
  }

  /** Plays what the browser held back; call it from a gesture. */
  async start(): Promise<void> {
    this.#blocked = false;
    await Promise.all([...this.#players].map((player) => player.start()));
  }

  close(): void {
    for (const speaker of this.#speakers.values()) speaker.close();
    this.#speakers.clear();
    for (const slots of this.#slots.values()) slots.close();
    this.#slots.clear();
    this.#tap?.close();
    this.#tap = null;
  }

  #removeSlots(epoch: number): void {
    const slots = this.#slots.get(epoch);
    if (!slots) return;
    this.#slots.delete(epoch);
    for (const speaker of this.#speakers.values()) speaker.removeWay({ epoch, carrier: 'slots' });
    slots.close();
  }

  #gainOf(participantId: string): number {
    return this.#deafened || this.#silenced.has(participantId) ? 0 : this.volumeOf(participantId);
  }

  #play: Play = (track) => {
    const onBlocked = () => this.#block();
    const player = new TrackPlayer({ track, tap: this.#tap, onBlocked, onClosed: () => this.#players.delete(player) });
    this.#players.add(player);
    return player;
  };

  #block(): void {
    if (this.#blocked) return;
    this.#blocked = true;
    this.#options.onBlocked();
  }
}

function addVoice(speaker: Speaker, slots: Slots): void {
  const voice = slots.voiceOf(speaker.participantId);
  speaker.add(voice, voice);
}
