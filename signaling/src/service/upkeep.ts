import type { Clock, Logger, Timer } from '@parley/shared/runtime';
import { DEAD_AFTER_MS, type Nodes } from '../cluster/nodes.ts';
import { membersOf, type RoomState, type Speaker } from '../rooms/index.ts';
import type { DepartureStore } from '../store/departure-store.ts';
import type { RedisRoomStore } from '../store/redis/room-store.ts';
import type { Attendance } from './audience.ts';
import { discrepancies } from './discrepancies.ts';
import type { Leavings } from './leavings.ts';
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
  leavings: Leavings;
  departures: DepartureStore;
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
  /** Members of ours without a connection and connections without a member, as of the last turn. */
  #adrift = new Set<string>();
  /** Rooms with members of ours without a connection. */
  #adriftRooms = new Set<string>();
  /** What this node knew of rooms, and could not say yet. */
  #unsaid = new Map<string, RoomState>();
  /** Nodes of members that are not among the living, since when. */
  #missing = new Map<string, number>();
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

  close(): void {
    this.#closed = true;
    this.#options.clock.cancel(this.#timer);
  }

  /** Says what this node knows of a room, now or at a later turn: the store may be gone again already. */
  async #reassert(roomId: string, known: RoomState): Promise<void> {
    const { ledger, attendance, nodes, isEnded, onEnded } = this.#options;
    const speakers = attendance.speakersIn(roomId);
    const unsaid = this.#unsaid.get(roomId);
    const memory = unsaid ? both(unsaid, known, speakers) : known;
    this.#unsaid.set(roomId, memory);
    // Ended while we could not be told: it is not to come back.
    if (await isEnded(memory.incarnation).catch(() => false)) {
      this.#unsaid.delete(roomId);
      for (const speaker of speakers) onEnded(roomId, speaker);
      return;
    }
    const outcome = await ledger.apply(roomId, { type: 'reassert', memory, nodeId: nodes.self.nodeId, speakers });
    if (outcome && this.#unsaid.get(roomId) === memory) this.#unsaid.delete(roomId);
  }

  async #takeTurn(): Promise<void> {
    const { rooms, attendance, clock, logger } = this.#options;
    try {
      const givenUp = this.#compare();
      const isNeeded = (roomId: string) => attendance.has(roomId) || this.#adriftRooms.has(roomId);
      await rooms.keepAlive(this.#turn++ % TURNS, TURNS, isNeeded);
      for (const [roomId, memory] of this.#unsaid) await this.#reassert(roomId, memory);
      for (const state of givenUp) await this.#reassert(state.id, state);
      this.#missDeadNodes();
      await this.#wakeOverdue();
    } catch (error) {
      logger.debug('upkeep not done; the next turn will', { error });
    }
    if (!this.#closed) this.#timer = clock.after(TURN_MS, () => void this.#takeTurn());
  }

  /**
   * Holds the rooms against this node's connections. What could not be said while the store was away is said now, and
   * who is lost, whatever happened, comes back. Only what is so for a whole turn counts: somebody may be just coming in.
   * @returns the rooms in which others have given up members who are connected here
   */
  #compare(): RoomState[] {
    const { rooms, nodes, attendance } = this.#options;
    const before = this.#adrift;
    this.#adrift = new Set();
    this.#adriftRooms = new Set();
    const states = new Map(rooms.followed().map((state) => [state.id, state]));
    const givenUp: RoomState[] = [];
    for (const roomId of new Set([...states.keys(), ...attendance.roomIds()])) {
      const state = states.get(roomId) ?? null;
      const found = discrepancies(state, attendance.speakersIn(roomId), nodes.self.nodeId);
      const isStillSo = (kind: 'adrift' | 'lost', { memberId, sessionId }: Speaker) => {
        const key = `${kind} ${memberId} ${sessionId}`;
        this.#adrift.add(key);
        return before.has(key) && rooms.isInReach;
      };
      if (found.adrift.length > 0) this.#adriftRooms.add(roomId);
      for (const speaker of found.adrift) if (isStillSo('adrift', speaker)) void this.#sayGone(roomId, speaker);
      for (const speaker of found.lost) if (isStillSo('lost', speaker)) this.#sendBack(roomId, speaker);
      if (state && found.givenUp.length > 0) givenUp.push(state);
    }
    return givenUp;
  }

  async #sayGone(roomId: string, speaker: Speaker): Promise<void> {
    const { ledger, leavings, departures, logger, onSwept } = this.#options;
    const type = leavings.has(speaker.memberId) ? 'leave' : 'disconnect';
    onSwept?.('member', 1);
    const outcome = await ledger.apply(roomId, { type, ...speaker });
    if (!outcome || type === 'disconnect') return;
    try {
      await departures.add(speaker.memberId);
      leavings.delete(speaker.memberId);
    } catch (error) {
      logger.debug('a leaving is told later', { roomId, error });
    }
  }

  /** A connection that speaks for nobody: it is made anew, and its client resumes. */
  #sendBack(roomId: string, { memberId, sessionId }: Speaker): void {
    const { attendance, logger, onSwept } = this.#options;
    logger.warn('a connection speaks for nobody', { roomId, participantId: memberId });
    onSwept?.('member', 1);
    attendance.drop(sessionId);
  }

  /**
   * Members of nodes that are not there: an emptied store has forgotten that they ever were. One that has just come may
   * not have been heard yet, so a node has to be missing for as long as it takes to be dead.
   */
  #missDeadNodes(): void {
    const { rooms, nodes, ledger, clock, onSwept } = this.#options;
    const before = this.#missing;
    this.#missing = new Map();
    for (const state of rooms.followed()) {
      const missing = new Set(
        membersOf(state)
          .filter(({ connection, nodeId }) => connection === 'connected' && !nodes.isAlive(nodeId))
          .map(({ nodeId }) => nodeId),
      );
      for (const nodeId of missing) {
        const since = before.get(nodeId) ?? clock.now();
        this.#missing.set(nodeId, since);
        if (clock.now() - since < DEAD_AFTER_MS) continue;
        onSwept?.('member', 1);
        void ledger.apply(state.id, { type: 'nodeLost', nodeId, at: since });
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

/** The newer of two memories of a room, with our members of both. */
function both(unsaid: RoomState, known: RoomState, speakers: readonly Speaker[]): RoomState {
  const [older, newer] = unsaid.seq > known.seq ? [known, unsaid] : [unsaid, known];
  const ours = speakers.flatMap(({ memberId }) => {
    const member = Object.hasOwn(older.members, memberId) ? older.members[memberId] : undefined;
    return member ? [[memberId, member] as const] : [];
  });
  return { ...newer, members: { ...Object.fromEntries(ours), ...newer.members } };
}
