import { Emitter } from '@parley/shared/runtime';
import type { RoomState } from '../../rooms/index.ts';
import type { RoomStore, RoomStoreEvents, RoomUpdate } from '../room-store.ts';

/** Rooms in this process's memory: for one signaling node, which follows them all, and gone with it. */
export class MemoryRoomStore implements RoomStore {
  readonly events = new Emitter<RoomStoreEvents>();
  readonly #rooms = new Map<string, RoomState>();

  async update<T extends RoomUpdate>(roomId: string, fn: (state: RoomState | null) => T): Promise<T> {
    // Nothing is awaited between reading and writing: that is the whole of the atomicity.
    const before = this.#rooms.get(roomId) ?? null;
    const answer = fn(before);
    const { state, events = [] } = answer;
    if (state === before) return answer;
    if (state) this.#rooms.set(roomId, state);
    else this.#rooms.delete(roomId);
    this.events.emit('changed', { roomId, before, state, events, remote: false, missed: false });
    return answer;
  }

  async read(roomId: string): Promise<RoomState | null> {
    return this.#rooms.get(roomId) ?? null;
  }

  async follow(): Promise<void> {}

  followed(): RoomState[] {
    return [...this.#rooms.values()];
  }

  async ids(): Promise<string[]> {
    return [...this.#rooms.keys()];
  }

  async count(): Promise<number> {
    return this.#rooms.size;
  }

  close(): void {
    this.events.removeAllListeners();
  }
}
