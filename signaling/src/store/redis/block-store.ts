import { ParleyError } from '@parley/shared/protocol';
import { type BlockStore, MAX_BLOCKS, MAX_REPORTS, type Report } from '../block-store.ts';
import type { RedisLink } from './link.ts';
import { loadScript } from './script.ts';

const ADD = loadScript(new URL('./block-add.lua', import.meta.url));
/** Whoever blocks nobody for so long is taken to be gone. */
const KEPT_MS = 365 * 86_400_000;

/** Blocks and reports in Redis: as lasting as it is. */
export class RedisBlockStore implements BlockStore {
  readonly #link: RedisLink;

  constructor({ link }: { link: RedisLink }) {
    this.#link = link;
  }

  async block(owner: string, other: string, at: number): Promise<void> {
    const added = await this.#link.run(ADD, [this.#keyOf(owner)], [other, at, MAX_BLOCKS, KEPT_MS]);
    if (added === 0) throw new ParleyError('conflict', 'Too many people are blocked.');
  }

  async unblock(owner: string, other: string): Promise<void> {
    await this.#link.call((redis) => redis.zrem(this.#keyOf(owner), other));
  }

  blockedBy(owner: string): Promise<string[]> {
    return this.#link.call((redis) => redis.zrevrange(this.#keyOf(owner), 0, -1));
  }

  async report(report: Report): Promise<void> {
    await this.#link.call((redis) => redis.lpush(this.#reportsKey, JSON.stringify(report)));
    await this.#link.call((redis) => redis.ltrim(this.#reportsKey, 0, MAX_REPORTS - 1));
  }

  async reports(limit: number): Promise<Report[]> {
    const texts = await this.#link.call((redis) => redis.lrange(this.#reportsKey, 0, limit - 1));
    return texts.map((text) => JSON.parse(text) as Report);
  }

  #keyOf(owner: string): string {
    return this.#link.key('blocks', owner);
  }

  get #reportsKey(): string {
    return this.#link.key('reports');
  }
}
