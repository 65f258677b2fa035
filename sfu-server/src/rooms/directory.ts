import { Emitter } from '@parley/shared/runtime';
import type { Place } from '../pipes/place.ts';

/** A producer of a room. */
export interface DirectoryEntry {
  readonly id: string;
  /** Whose it is; null: the room's own (a speaker slot). */
  readonly peerId: string | null;
  /** Where it is made. */
  readonly origin: Place;
  readonly paused: boolean;
}

/** Every producer of a room, wherever it is made. */
export class Directory extends Emitter<{
  added: [entry: DirectoryEntry];
  removed: [entry: DirectoryEntry];
  /** Its `paused` changed. */
  changed: [entry: DirectoryEntry];
}> {
  readonly #entries = new Map<string, DirectoryEntry>();
  #open = 0;
  #slots = 0;

  get size(): number {
    return this.#entries.size;
  }

  /** Microphones that are not paused. */
  get openCount(): number {
    return this.#open;
  }

  /** The room's own: speaker slots. */
  get slotCount(): number {
    return this.#slots;
  }

  get entries(): Iterable<DirectoryEntry> {
    return this.#entries.values();
  }

  find(producerId: string): DirectoryEntry | undefined {
    return this.#entries.get(producerId);
  }

  add(entry: DirectoryEntry): void {
    this.#set(entry);
    this.emit('added', entry);
  }

  setPaused(producerId: string, paused: boolean): void {
    const before = this.#entries.get(producerId);
    if (!before || before.paused === paused) return;
    const entry = { ...before, paused };
    this.#set(entry);
    this.emit('changed', entry);
  }

  remove(producerId: string): void {
    const entry = this.#entries.get(producerId);
    if (!entry) return;
    this.#entries.delete(producerId);
    this.#count(entry, -1);
    this.emit('removed', entry);
  }

  /** Forgets all without a word: the room is over. */
  clear(): void {
    this.removeAllListeners();
    this.#entries.clear();
    this.#open = 0;
    this.#slots = 0;
  }

  #set(entry: DirectoryEntry): void {
    const before = this.#entries.get(entry.id);
    if (before) this.#count(before, -1);
    this.#count(entry, 1);
    this.#entries.set(entry.id, entry);
  }

  #count({ peerId, paused }: DirectoryEntry, by: 1 | -1): void {
    if (peerId === null) this.#slots += by;
    else if (!paused) this.#open += by;
  }
}
