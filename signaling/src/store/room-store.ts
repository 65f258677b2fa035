import type { Emitter } from '@parley/shared/runtime';
import type { NumberedEvent, RoomState } from '../rooms/index.ts';

/** What an update makes of a room. */
export interface RoomUpdate {
  /** Null: no such room, or no more. The very state that was given: nothing has changed. */
  state: RoomState | null;
  /** What happened, for all who follow the room. */
  events?: readonly NumberedEvent[];
  /** Said to the outside world: kept with the room, all or nothing, until it is delivered. */
  outbox?: readonly string[];
  /** Something was refused for what the room is. That counts only if the state that was given was the newest. */
  refused?: boolean;
}

/** A room as this node follows it has changed. */
export interface RoomChange {
  roomId: string;
  before: RoomState | null;
  state: RoomState | null;
  events: readonly NumberedEvent[];
  /** Another node decided it. */
  remote: boolean;
  /** Changes before this one went unheard: members here may have missed events. */
  missed: boolean;
}

export type RoomStoreEvents = {
  /** In the order in which the changes were decided. */
  changed: [change: RoomChange];
  /**
   * The common store was out of reach, or has lost the room: `state` is what it has now, `memory` what this node knew
   * of the room before.
   */
  resynced: [roomId: string, memory: RoomState, state: RoomState | null];
};

/** Where rooms are kept, and where decisions about one room get their one order. */
export interface RoomStore {
  readonly events: Emitter<RoomStoreEvents>;
  /**
   * Replaces a room's state by what `fn` makes of it (null: no such room, before or after), atomically.
   * `fn` is pure: on contention it is called again with the newer state, and only its last answer counts. When the
   * promise settles, a room that is followed here has `changed`.
   * @returns that answer.
   * @throws {ParleyError} `store_unavailable`
   */
  update<T extends RoomUpdate>(roomId: string, fn: (state: RoomState | null) => T): Promise<T>;
  /** @throws {ParleyError} `store_unavailable` */
  read(roomId: string): Promise<RoomState | null>;
  /**
   * Hears of all changes of a room from now on, for as long as someone here needs it. Idempotent.
   * @throws {ParleyError} `store_unavailable`
   */
  follow(roomId: string): Promise<void>;
  /** The rooms followed here, as this node knows them. */
  followed(): RoomState[];
  /** Names of all rooms there are. @throws {ParleyError} `store_unavailable` */
  ids(): Promise<string[]>;
  /** Rooms there are in all. @throws {ParleyError} `store_unavailable` */
  count(): Promise<number>;
  close(): void;
}
