import type { Clock, Logger, Timer } from '@parley/shared/runtime';
import type { Nodes } from '../cluster/nodes.ts';
import { membersOf, type RoomState, type Speaker } from '../rooms/index.ts';
import type { RedisRoomStore } from '../store/redis/room-store.ts';
import type { Attendance } from './audience.ts';
import type { Ledger } from './ledger.ts';

const TURN_MS = 2_000;
/** Every followed room has its turn within so many turns. */
const TURNS = 5;
/** A room that nobody has woken for that long has nobody who would. */
const OVERDUE_MS = 3_000;

export interface UpkeepOptions {
  rooms: RedisRoomStore;
  nodes: Nodes;
  ledger: Ledger;
  attendance: Attendance;
  clock: Clock;
  logger: Logger;
  /** Whether the room was ended by a moderator. */
  isEnded: (incarnation: string) => Promise<boolean>;
  /** Tells a connection of this node so. */
  onEnded: (roomId: string, speaker: Speaker) => void;
  /** Something stale was cleared away: for the metrics. */
  onSwept?: (what: 'node' | 'room' | 'member', count: number) => void;
}

/**
 * Keeps the common store true: says again what this node knows when the store was away or has lost it, sees to what
 * dead nodes left behind, and wakes rooms that have nobody else to wake them.
 */
export class Upkeep {
  readonly #options: UpkeepOptions;
  #turn = 0;
  #timer: Timer | undefined;
  #closed = false;

  constructor(options: UpkeepOptions) {
    this.#options = options;
    const { rooms, nodes, clock } = options;
    rooms.events.on('resynced', (roomId, memory) => void this.#reassert(roomId, memory));
    nodes.events.on('storeLost', () => void rooms.resyncAll());
    nodes.events.on('nodeBuried', (nodeId, at) => void this.#clearUp(nodeId, at));
    this.#timer = clock.after(TURN_MS, () => void this.#takeTurn());
  }

  /** Sees to what an earlier process of this node's name left behind. */
  async begin(): Promise<void> {
    const { nodes, clock } = this.#options;
    await this.#clearUp(nodes.self.nodeId, clock.now());
  }

  close(): void {
    this.#closed = true;
    this.#options.clock.cancel(this.#timer);
  }

  async #reassert(roomId: string, memory: RoomState): Promise<void> {
    const { ledger, attendance, nodes, isEnded, onEnded } = this.#options;
    const speakers = attendance.speakersIn(roomId);
    // Ended while we could not be told: it is not to come back.
    if (await isEnded(memory.incarnation).catch(() => false)) {
      for (const speaker of speakers) onEnded(roomId, speaker);
      return;
    }
    void ledger.apply(roomId, { type: 'reassert', memory, nodeId: nodes.self.nodeId, speakers });
  }

  async #takeTurn(): Promise<void> {
    const { rooms, attendance, clock, logger } = this.#options;
    try {
      await rooms.keepAlive(this.#turn++ % TURNS, TURNS, (roomId) => attendance.has(roomId));
      this.#missDeadNodes();
      await this.#wakeOverdue();
    } catch (error) {
      logger.debug('upkeep not done; the next turn will', { error });
    }
    if (!this.#closed) this.#timer = clock.after(TURN_MS, () => void this.#takeTurn());
  }

  /** Members of nodes that are not there: an emptied store has forgotten that they ever were. */
  #missDeadNodes(): void {
    const { rooms, nodes, ledger, clock, onSwept } = this.#options;
    for (const state of rooms.followed()) {
      const dead = new Set(
        membersOf(state)
          .filter(({ connection, nodeId }) => connection === 'connected' && !nodes.isAlive(nodeId))
          .map(({ nodeId }) => nodeId),
      );
      for (const nodeId of dead) {
        onSwept?.('member', 1);
        void ledger.apply(state.id, { type: 'nodeLost', nodeId, at: clock.now() });
      }
    }
  }

  async #wakeOverdue(): Promise<void> {
    const { rooms, ledger, onSwept } = this.#options;
    for (const roomId of await rooms.index.overdue(OVERDUE_MS)) {
      const outcome = await ledger.apply(roomId, { type: 'tick' });
      if (!outcome) continue;
      if (outcome.state) rooms.index.put([outcome.state]);
      else rooms.index.remove(roomId);
      onSwept?.('room', 1);
    }
  }

  async #clearUp(nodeId: string, at: number): Promise<void> {
    const { rooms, ledger, logger, onSwept } = this.#options;
    try {
      const left = await rooms.roomsOf(nodeId);
      for (const roomId of left) await ledger.apply(roomId, { type: 'nodeLost', nodeId, at });
      await rooms.forgetNode(nodeId);
      if (left.length === 0) return;
      onSwept?.('node', 1);
      logger.info('cleared up after a lost node', { lost: nodeId, rooms: left.length });
    } catch (error) {
      logger.warn('not cleared up after a lost node', { lost: nodeId, error });
    }
  }
}
