import { ParleyError } from '@parley/shared/protocol';
import { type Clock, Emitter, type Logger, type Timer } from '@parley/shared/runtime';
import type { RoomState } from '../../rooms/index.ts';
import { KeyedQueue } from '../../service/keyed-queue.ts';
import type { RoomStore, RoomStoreEvents, RoomUpdate } from '../room-store.ts';
import { inLanes } from './lanes.ts';
import type { RedisLink } from './link.ts';
import { decode, diff, NO_ROOM, type RoomFields, type RoomPatch, VERSION_FIELD, type Versioned } from './room-codec.ts';
import { RoomIndex } from './room-index.ts';
import { outboxKey, roomKey } from './room-keys.ts';
import { continues, RoomReplica, type Step } from './room-replica.ts';
import { loadScript } from './script.ts';

const COMMIT = loadScript(new URL('./room-commit.lua', import.meta.url));
/** So long others may be faster before we give up, in ms: less than whoever asks waits for an answer. */
const OVERTAKEN_MAX_MS = 5_000;
/** A room that nobody holds any more is forgotten by Redis after this long; `keepAlive` puts it off. */
const TTL_MS = 3_600_000;
/** How long a patch that came too early waits for the one before it. */
const GAP_MS = 300;
/** Rooms read at once after an outage. */
const RESYNC_PARALLEL = 32;
/** A room that nobody here has needed for that long is not followed any more. */
const LINGER_MS = 30_000;

export interface RedisRoomStoreOptions {
  link: RedisLink;
  nodeId: string;
  clock: Clock;
  logger: Logger;
  /** When time alone next changes something in the room; null: never. */
  wakeAt: (state: RoomState) => number | null;
}

interface Followed {
  replica: RoomReplica;
  unsubscribe: () => void;
  gap: Timer | undefined;
  resyncing: boolean;
  neededAt: number;
}

/** Rooms in Redis, for many signaling nodes: each follows the rooms that its own members are in. */
export class RedisRoomStore implements RoomStore {
  readonly events: Emitter<RoomStoreEvents>;
  readonly index: RoomIndex;
  readonly #options: RedisRoomStoreOptions;
  readonly #followed = new Map<string, Followed>();
  readonly #queue = new KeyedQueue();
  readonly #opening = new Map<string, Promise<void>>();

  constructor(options: RedisRoomStoreOptions) {
    const { link, logger } = options;
    this.#options = options;
    this.events = new Emitter((error, event) => logger.error('a listener threw', { event, error }));
    this.index = new RoomIndex(options);
    link.events.on('up', () => void this.resyncAll());
  }

  get isInReach(): boolean {
    return this.#options.link.isUp;
  }

  update<T extends RoomUpdate>(roomId: string, fn: (state: RoomState | null) => T): Promise<T> {
    // One at a time from here: only other nodes can be faster.
    return this.#queue.run(roomId, () => this.#update(roomId, fn));
  }

  async #update<T extends RoomUpdate>(roomId: string, fn: (state: RoomState | null) => T): Promise<T> {
    const known = this.#known(roomId);
    let base = known ?? (await this.#load(roomId));
    const { clock } = this.#options;
    const end = clock.now() + OVERTAKEN_MAX_MS;
    for (let attempt = 0; clock.now() < end; attempt++) {
      if (attempt > 1) await this.#stepAside(attempt);
      const answer = fn(base.state);
      const isChange = answer.state !== base.state;
      // A change is compared by version; to be turned away for what is no longer so would be as wrong.
      const isDoubtful = base === known && answer.refused === true;
      if (!isChange && !isDoubtful) return answer;
      const newer = isChange ? await this.#commit(roomId, base, answer) : await this.#newer(roomId, base);
      if (!newer) return answer;
      base = newer;
    }
    throw new ParleyError('store_unavailable', 'The room changes too fast.');
  }

  async read(roomId: string): Promise<RoomState | null> {
    return (this.#known(roomId) ?? (await this.#load(roomId))).state;
  }

  async follow(roomId: string): Promise<void> {
    const followed = this.#followed.get(roomId);
    if (followed) {
      followed.neededAt = this.#options.clock.now();
      return;
    }
    let opening = this.#opening.get(roomId);
    if (!opening) {
      opening = this.#follow(roomId).finally(() => this.#opening.delete(roomId));
      this.#opening.set(roomId, opening);
    }
    await opening;
  }

  followed(): RoomState[] {
    return [...this.#followed.values()].flatMap(({ replica }) => replica.current.state ?? []);
  }

  ids(): Promise<string[]> {
    return this.index.ids();
  }

  count(): Promise<number> {
    return this.index.count();
  }

  /** Reads every followed room anew: what was said while Redis was out of reach is lost. */
  async resyncAll(): Promise<void> {
    await inLanes(RESYNC_PARALLEL, this.#followed.keys(), (roomId) => this.#resync(roomId));
  }

  /**
   * Puts off the end of followed rooms, and finds those that Redis has lost. Called again and again with a share of
   * the rooms: `turn` of `turns`.
   * @param isNeeded whether someone here is in the room
   */
  async keepAlive(turn: number, turns: number, isNeeded: (roomId: string) => boolean): Promise<void> {
    const { link, clock } = this.#options;
    for (const [roomId, followed] of this.#followed) {
      if (isNeeded(roomId)) followed.neededAt = clock.now();
      else if (clock.now() - followed.neededAt > LINGER_MS) this.#unfollow(roomId);
    }
    const mine = [...this.#followed].filter((_, i) => i % turns === turn);
    const rooms = mine.flatMap(([id, { replica }]) =>
      replica.current.state ? [{ id, state: replica.current.state }] : [],
    );
    if (rooms.length === 0) return;
    this.index.put(rooms.map(({ state }) => state));
    this.#sayFollowed(rooms.map(({ id }) => id));
    await inLanes(RESYNC_PARALLEL, rooms, async ({ id }) => {
      const there = await link.call((redis) => redis.pexpire(this.#hash(id), TTL_MS));
      if (there === 0) await this.#resync(id);
    });
  }

  /** The rooms that a node followed. */
  roomsOf(nodeId: string): Promise<string[]> {
    return this.#options.link.call((redis) => redis.smembers(this.#rooms(nodeId)));
  }

  async forgetNode(nodeId: string): Promise<void> {
    await this.#options.link.call((redis) => redis.del(this.#rooms(nodeId)));
  }

  close(): void {
    this.events.removeAllListeners();
    // That this node followed them stays written: another one looks after those who do not come back.
    for (const roomId of [...this.#followed.keys()]) this.#letGo(roomId);
  }

  /** @returns what Redis has instead, when somebody was faster. */
  async #commit(roomId: string, base: Versioned, { state, events = [], outbox = [] }: RoomUpdate) {
    const { link, nodeId, clock } = this.#options;
    // Versions go up over the lives of a room: whoever followed an earlier one is not confused by a new one.
    const prev = base.state ? base.version : 0;
    const version = base.state ? prev + 1 : Math.max(clock.now() * 1000, this.#versionHeard(roomId) + 1);
    const ended = state === null;
    const { set, del } = state ? diff(base.state, state) : { set: {}, del: [] };
    const patch: RoomPatch = { prev, version, node: nodeId, set, del, ended, events };
    const pairs = Object.entries(set).flat();
    const answer = await link.run(
      COMMIT,
      [this.#hash(roomId), outboxKey(link, roomId), this.#hash(roomId)],
      [
        ...[prev, version, JSON.stringify(patch), TTL_MS, ended ? '1' : '0'],
        ...[pairs.length / 2, ...pairs, del.length, ...del, ...outbox],
      ],
    );
    if (Array.isArray(answer)) return decode(fieldsOf(answer));
    if (state) this.index.put([state]);
    else this.index.remove(roomId);
    this.#hear(roomId, patch);
    return null;
  }

  /** So that nodes that want the same room do not get in each other's way again and again. */
  #stepAside(attempt: number): Promise<void> {
    const { clock } = this.#options;
    return new Promise((resolve) => clock.after(Math.random() * Math.min(attempt, 10), resolve));
  }

  async #follow(roomId: string): Promise<void> {
    const { link, clock } = this.#options;
    const followed: Followed = {
      replica: new RoomReplica(NO_ROOM),
      unsubscribe: () => {},
      gap: undefined,
      resyncing: true,
      neededAt: clock.now(),
    };
    const early: RoomPatch[] = [];
    let isRead = false;
    const hear = (text: string) => {
      const patch = JSON.parse(text) as RoomPatch;
      if (isRead) this.#hear(roomId, patch);
      else early.push(patch);
    };
    followed.unsubscribe = await link.subscribe(this.#hash(roomId), hear);
    try {
      followed.replica = new RoomReplica(await this.#load(roomId));
    } catch (error) {
      followed.unsubscribe();
      throw error;
    }
    followed.resyncing = false;
    this.#followed.set(roomId, followed);
    this.#sayFollowed([roomId]);
    isRead = true;
    const { state } = followed.replica.current;
    if (state) this.#tell(roomId, [{ before: state, state, events: [], node: '' }], false);
    for (const patch of early) this.#hear(roomId, patch);
  }

  #letGo(roomId: string): void {
    const followed = this.#followed.get(roomId);
    this.#options.clock.cancel(followed?.gap);
    followed?.unsubscribe();
    this.#followed.delete(roomId);
  }

  #unfollow(roomId: string): void {
    this.#letGo(roomId);
    const { link, nodeId } = this.#options;
    link.call((redis) => redis.srem(this.#rooms(nodeId), roomId)).catch(() => {});
  }

  /** So that another node finds these rooms when this one is dead. */
  #sayFollowed(roomIds: string[]): void {
    const { link, nodeId, logger } = this.#options;
    link
      .call((redis) => redis.sadd(this.#rooms(nodeId), ...roomIds))
      .catch((error: unknown) => logger.debug('followed rooms not said', { error }));
  }

  #hear(roomId: string, patch: RoomPatch): void {
    const followed = this.#followed.get(roomId);
    if (!followed) return;
    this.#tell(roomId, followed.replica.take(patch), false);
    const { clock } = this.#options;
    if (!followed.replica.hasGap) {
      clock.cancel(followed.gap);
      followed.gap = undefined;
    } else {
      followed.gap ??= clock.after(GAP_MS, () => {
        followed.gap = undefined;
        if (followed.replica.hasGap) void this.#resync(roomId);
      });
    }
  }

  /** Takes what Redis has for the room as it is, and says what this node knew of it. */
  async #resync(roomId: string): Promise<void> {
    const followed = this.#followed.get(roomId);
    if (!followed || followed.resyncing) return;
    followed.resyncing = true;
    try {
      const stored = await this.#load(roomId);
      const memory = followed.replica.current;
      // A change of our own may have come in while we read.
      if (continues(memory, stored) && stored.version < memory.version) return;
      const steps = followed.replica.reset(stored);
      const missed = stored.version !== memory.version;
      this.#tell(roomId, [{ before: memory.state, state: stored.state, events: [], node: '' }], missed);
      this.#tell(roomId, steps, false);
      if (memory.state) this.events.emit('resynced', roomId, memory.state, stored.state);
    } catch (error) {
      this.#options.logger.warn('room not read anew; the next try will', { roomId, error });
    } finally {
      followed.resyncing = false;
    }
  }

  #tell(roomId: string, steps: Step[], missed: boolean): void {
    const { nodeId } = this.#options;
    for (const { before, state, events, node } of steps) {
      this.events.emit('changed', { roomId, before, state, events, remote: node !== nodeId, missed });
    }
  }

  /** The room as it is followed here, unless that is known to be behind. */
  #known(roomId: string): Versioned | undefined {
    const followed = this.#followed.get(roomId);
    return followed && !followed.resyncing && !followed.replica.hasGap ? followed.replica.current : undefined;
  }

  #versionHeard(roomId: string): number {
    return this.#followed.get(roomId)?.replica.current.version ?? 0;
  }

  /** What Redis has, if it is not this. A room that it has lost is as we know it: we are about to say so. */
  async #newer(roomId: string, { version }: Versioned): Promise<Versioned | null> {
    const stored = await this.#options.link.call((redis) => redis.hget(this.#hash(roomId), VERSION_FIELD));
    return stored === null || Number(stored) === version ? null : this.#load(roomId);
  }

  async #load(roomId: string): Promise<Versioned> {
    return decode(await this.#options.link.call((redis) => redis.hgetall(this.#hash(roomId))));
  }

  #hash(roomId: string): string {
    return roomKey(this.#options.link, roomId);
  }

  #rooms(nodeId: string): string {
    return this.#options.link.key(`{node:${nodeId}}`, 'rooms');
  }
}

function fieldsOf(flat: unknown[]): RoomFields {
  const fields: RoomFields = {};
  for (let i = 0; i + 1 < flat.length; i += 2) fields[String(flat[i])] = String(flat[i + 1]);
  return fields;
}
