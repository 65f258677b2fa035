import type { Clock, Logger } from '@parley/shared/runtime';
import type { RoomState } from '../../rooms/index.ts';
import type { RedisLink } from './link.ts';

/** For rooms that nothing but an input will change. */
const NEVER = '+inf';
/** Rooms taken up at once by one node. */
const MAX_OVERDUE = 64;

export interface RoomIndexOptions {
  link: RedisLink;
  clock: Clock;
  logger: Logger;
  wakeAt: (state: RoomState) => number | null;
}

/**
 * Names of all rooms, by the time at which time alone changes something in them. It is written after the room, and so
 * may be a little behind; whoever follows a room writes it again.
 */
export class RoomIndex {
  readonly #options: RoomIndexOptions;

  constructor(options: RoomIndexOptions) {
    this.#options = options;
  }

  put(states: RoomState[]): void {
    const scores = states.flatMap((state) => [String(this.#options.wakeAt(state) ?? NEVER), state.id]);
    this.#write((key) => this.#options.link.call((redis) => redis.zadd(key, ...scores)));
  }

  remove(roomId: string): void {
    this.#write((key) => this.#options.link.call((redis) => redis.zrem(key, roomId)));
  }

  ids(): Promise<string[]> {
    return this.#options.link.call((redis) => redis.zrange(this.#key, '-inf', '+inf', 'BYSCORE'));
  }

  count(): Promise<number> {
    return this.#options.link.call((redis) => redis.zcard(this.#key));
  }

  /** Rooms that should have been woken `lateMs` ago: the node that would have done it is gone. */
  overdue(lateMs: number): Promise<string[]> {
    const { link, clock } = this.#options;
    const max = String(clock.now() - lateMs);
    return link.call((redis) => redis.zrange(this.#key, '-inf', max, 'BYSCORE', 'LIMIT', 0, MAX_OVERDUE));
  }

  get #key(): string {
    return this.#options.link.key('{rooms}');
  }

  #write(work: (key: string) => Promise<unknown>): void {
    work(this.#key).catch((error: unknown) => this.#options.logger.debug('room index not written', { error }));
  }
}
