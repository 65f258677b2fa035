import type { RemoteSource } from '../media/remote-source.ts';
import { OutputTap } from './output-tap.ts';
import { Speaker } from './speaker.ts';

/** All that is heard in a room: speakers with their volumes, deafness, and the tap. */
export class Playback {
  readonly #speakers = new Map<string, Speaker>();
  readonly #volumes = new Map<string, number>();
  readonly #silenced = new Set<string>();
  readonly #onBlocked: () => void;
  #deafened = false;
  #tap: OutputTap | null = null;
  #blocked = false;

  constructor(onBlocked: () => void) {
    this.#onBlocked = onBlocked;
  }

  /** The tap's stream; made when first asked for. */
  get output(): MediaStream {
    if (!this.#tap) {
      this.#tap = new OutputTap();
      for (const speaker of this.#speakers.values()) speaker.attachTap(this.#tap);
    }
    return this.#tap.stream;
  }

  get speakers(): Iterable<Speaker> {
    return this.#speakers.values();
  }

  speaker(participantId: string): Speaker | undefined {
    return this.#speakers.get(participantId);
  }

  /** How loud someone is now, linear, 0 to 1; who may not be heard is not loud. */
  levelOf(participantId: string): number {
    const level = this.#speakers.get(participantId)?.levelNow() ?? 0;
    return this.#silenced.has(participantId) ? 0 : level;
  }

  addSource(source: RemoteSource): void {
    let speaker = this.#speakers.get(source.participantId);
    if (!speaker) {
      speaker = new Speaker(source.participantId, this.#tap, () => this.#block());
      this.#speakers.set(source.participantId, speaker);
      speaker.setGain(this.#gainOf(source.participantId));
    }
    speaker.addSource(source);
  }

  removeSource(source: RemoteSource): void {
    this.#speakers.get(source.participantId)?.removeSource(source);
  }

  removePath(epoch: number): void {
    for (const speaker of this.#speakers.values()) speaker.removePath(epoch);
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
    this.#speakers.get(participantId)?.setGain(this.#gainOf(participantId));
  }

  setDeafened(deafened: boolean): void {
    this.#deafened = deafened;
    for (const [id, speaker] of this.#speakers) speaker.setGain(this.#gainOf(id));
  }

  /** Plays what the browser held back; call it from a gesture. */
  async start(): Promise<void> {
    this.#blocked = false;
    await Promise.all([...this.#speakers.values()].map((speaker) => speaker.start()));
  }

  close(): void {
    for (const speaker of this.#speakers.values()) speaker.close();
    this.#speakers.clear();
    this.#tap?.close();
    this.#tap = null;
  }

  #gainOf(participantId: string): number {
    return this.#deafened || this.#silenced.has(participantId) ? 0 : this.volumeOf(participantId);
  }

  #block(): void {
    if (this.#blocked) return;
    this.#blocked = true;
    this.#onBlocked();
  }
}
