import type { RoomState } from '../rooms/index.ts';
import type { RoomStore } from './room-store.ts';

/** Rooms in this process's memory: for one signaling node, and gone with it. */
export class MemoryRoomStore implements RoomStore {
  #rooms = new Map<string, RoomState>();

  async update<T extends { state: RoomState | null }>(roomId: string, fn: (state: RoomState | null) => T): Promise<T> {
    // Nothing is awaited between reading and writing: that is the whole of the atomicity.
    const answer = fn(this.#rooms.get(roomId) ?? null);
    if (answer.state) this.#rooms.set(roomId, answer.state);
    else this.#rooms.delete(roomId);
    return answer;
  }

  async read(roomId: string): Promise<RoomState | null> {
    return this.#rooms.get(roomId) ?? null;
  }

  async list(): Promise<RoomState[]> {
    return [...this.#rooms.values()];
  }

  async count(): Promise<number> {
    return this.#rooms.size;
  }
}
