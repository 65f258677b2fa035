import type { Clock } from '@parley/shared/runtime';
import type { BanStore } from '../ban-store.ts';
import type { RedisLink } from './link.ts';

/** Bans that all nodes share, each a key that ends by itself. */
export class RedisBanStore implements BanStore {
  #link: RedisLink;
  #clock: Clock;

  constructor({ link, clock }: { link: RedisLink; clock: Clock }) {
    this.#link = link;
    this.#clock = clock;
  }

  async set(subject: string, until: number): Promise<void> {
    const key = this.#key(subject);
    // As a time to live, not as a point in time: Redis may have another clock.
    const ms = Math.ceil(until - this.#clock.now());
    if (ms > 0) await this.#link.call((redis) => redis.set(key, String(until), 'PX', ms));
    else await this.#link.call((redis) => redis.del(key));
  }

  async until(subject: string): Promise<number | null> {
    const text = await this.#link.call((redis) => redis.get(this.#key(subject)));
    const until = text === null ? 0 : Number(text);
    return until > this.#clock.now() ? until : null;
  }

  #key(subject: string): string {
    return this.#link.key('ban', subject);
  }
}
