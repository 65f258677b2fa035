import { type Clock, Emitter, type Logger, type Timer } from '@parley/shared/runtime';
import type { Outbox, OutboxEntry, OutboxEvents, OutboxLimits } from '../outbox.ts';
import { inLanes } from './lanes.ts';
import type { RedisLink } from './link.ts';
import { outboxKey, roomKey } from './room-keys.ts';
import { loadScript } from './script.ts';

const NEXT = loadScript(new URL('./outbox-next.lua', import.meta.url));
const ACCEPTED = loadScript(new URL('./outbox-accepted.lua', import.meta.url));
const DROP = loadScript(new URL('./outbox-drop.lua', import.meta.url));
const FREE = loadScript(new URL('./outbox-free.lua', import.meta.url));
const FORGET = loadScript(new URL('./outbox-forget.lua', import.meta.url));

/** How long a node delivers for a room without a word: longer than it waits between two attempts. */
const LEASE_MS = 40_000;
/** How often one of the nodes looks for what dead ones have left. */
const SWEEP_MS = 15_000;
/** A room that is over and has nothing more to say is remembered that long: a join may be on its way. */
const LINGER_MS = 60_000;
/** Rooms looked at together. */
const PARALLEL = 32;

export interface RedisOutboxOptions extends OutboxLimits {
  link: RedisLink;
  nodeId: string;
  clock: Clock;
  logger: Logger;
  /** Whether a node is there: what a dead one was delivering is anyone's. */
  isAlive: (nodeId: string) => boolean;
}

interface Seen {
  roomId: string;
  score: string;
  length: number;
}

/**
 * What rooms say, beside the rooms in Redis: it is written in the step that changes the room. For each room one node
 * delivers at a time. All rooms that may have something to say are in an index, before they say it.
 */
export class RedisOutbox implements Outbox {
  readonly events: Emitter<OutboxEvents>;
  readonly isShared = true;
  readonly #options: RedisOutboxOptions;
  #timer: Timer | undefined;
  #closed = false;

  constructor(options: RedisOutboxOptions) {
    this.#options = options;
    this.events = new Emitter((error, event) => options.logger.error('a listener threw', { event, error }));
    if (options.receivers.length > 0) this.#sweepLater();
  }

  async expect(roomId: string): Promise<void> {
    const { link, clock } = this.#options;
    await link.call((redis) => redis.zadd(this.#index, String(clock.now()), roomId));
  }

  add(roomId: string): void {
    // Again, for an index that was lost meanwhile.
    this.expect(roomId).catch((error: unknown) => this.#options.logger.debug('outbox index not written', { error }));
    this.events.emit('pending', roomId);
  }

  async next(roomId: string, receiver: string): Promise<OutboxEntry | null> {
    const { link, nodeId, maxPerRoom } = this.#options;
    const answer = await link.run(NEXT, this.#keys(roomId), [nodeId, LEASE_MS, maxPerRoom, receiver]);
    const [dropped = 0, position, text] = answer as [number, number?, string?];
    if (dropped > 0) this.events.emit('dropped', roomId, dropped);
    return position === undefined || text === undefined ? null : { position, text };
  }

  async accepted(roomId: string, receiver: string, position: number): Promise<void> {
    const { link, nodeId, receivers } = this.#options;
    await link.run(ACCEPTED, this.#keys(roomId), [nodeId, position, receiver, ...receivers]);
  }

  /** As of the last sweep, by whichever node. */
  async backlog(): Promise<number | null> {
    const { link } = this.#options;
    const total = await link.call((redis) => redis.get(this.#total));
    return total === null ? null : Number(total);
  }

  /** Finds what nobody delivers, and sees that there is not too much of it in all. */
  async sweep(): Promise<void> {
    const { link, clock, max } = this.#options;
    const flat = await link.call((redis) => redis.zrange(this.#index, '0', '-1', 'WITHSCORES'));
    const rooms: Seen[] = [];
    for (let i = 0; i + 1 < flat.length; i += 2) {
      rooms.push({ roomId: String(flat[i]), score: String(flat[i + 1]), length: 0 });
    }
    await inLanes(PARALLEL, rooms, async (room) => {
      const [list] = this.#keys(room.roomId);
      room.length = await link.call((redis) => redis.llen(list));
      if (room.length > 0) await this.#takeOver(room.roomId);
      else if (Number(room.score) < clock.now() - LINGER_MS) await this.#forget(room);
    });
    const total = rooms.reduce((sum, { length }) => sum + length, 0);
    await this.#drop(rooms, total - max);
    await link.call((redis) => redis.set(this.#total, String(Math.min(total, max)), 'PX', 4 * SWEEP_MS));
  }

  close(): void {
    this.#closed = true;
    this.#options.clock.cancel(this.#timer);
    this.events.removeAllListeners();
  }

  #sweepLater(): void {
    const { link, nodeId, clock, logger } = this.#options;
    this.#timer = clock.after(SWEEP_MS, () => {
      const sweep = async () => {
        const key = link.key('{outbox}', 'sweep');
        const isOurs = await link.call((redis) => redis.set(key, nodeId, 'PX', SWEEP_MS - 1_000, 'NX'));
        if (isOurs) await this.sweep();
      };
      sweep()
        .catch((error: unknown) => logger.debug('outbox not swept; the next time will do', { error }))
        .finally(() => {
          if (!this.#closed) this.#sweepLater();
        });
    });
  }

  async #takeOver(roomId: string): Promise<void> {
    const { link, isAlive } = this.#options;
    const [, , lease] = this.#keys(roomId);
    const holder = await link.call((redis) => redis.get(lease));
    if (holder !== null && !isAlive(holder)) await link.run(FREE, [lease], [holder]);
    if (!this.#closed) this.events.emit('pending', roomId);
  }

  async #forget({ roomId, score }: Seen): Promise<void> {
    const { link } = this.#options;
    const isThere = await link.call((redis) => redis.exists(roomKey(link, roomId)));
    if (!isThere) await link.run(FORGET, [this.#index], [roomId, score]);
  }

  /** Those that were last touched longest ago lose theirs first. */
  async #drop(rooms: readonly Seen[], excess: number): Promise<void> {
    const { link } = this.#options;
    let left = excess;
    for (const { roomId, length } of rooms) {
      if (left <= 0) return;
      if (length === 0) continue;
      const [list, positions] = this.#keys(roomId);
      const dropped = Number(await link.run(DROP, [list, positions], [Math.min(left, length)]));
      if (dropped > 0) this.events.emit('dropped', roomId, dropped);
      left -= dropped;
    }
  }

  /** The room's outbox, the positions in it, and who delivers. */
  #keys(roomId: string): [string, string, string] {
    const outbox = outboxKey(this.#options.link, roomId);
    return [outbox, `${outbox}:at`, `${outbox}:by`];
  }

  get #index(): string {
    return this.#options.link.key('{outbox}', 'rooms');
  }

  get #total(): string {
    return this.#options.link.key('{outbox}', 'total');
  }
}
