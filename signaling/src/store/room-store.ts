import type { RoomState } from '../rooms/index.ts';

/** Where rooms are kept, and where decisions about one room get their one order. */
export interface RoomStore {
  /**
   * Replaces a room's state by what `fn` makes of it (null: no such room, before or after), atomically.
   * `fn` is pure: on contention it is called again with the newer state, and only its last answer counts.
   * @returns that answer.
   */
  update<T extends { state: RoomState | null }>(roomId: string, fn: (state: RoomState | null) => T): Promise<T>;
  read(roomId: string): Promise<RoomState | null>;
  list(): Promise<RoomState[]>;
  count(): Promise<number>;
}
