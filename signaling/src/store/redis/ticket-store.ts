import { type MatchSettings, READY_MS, RETRY_MAX_MS } from '../../matchmaking/settings.ts';
import type { Applied, TicketOperation, TicketStore } from '../ticket-store.ts';
import type { RedisLink } from './link.ts';
import { loadScript } from './script.ts';

const PARTS = ['ticket-index', 'ticket-search', 'ticket-apply'].map((name) =>
  loadScript(new URL(`./${name}.lua`, import.meta.url)),
);
const SCRIPT = { name: 'parley_ticket_apply', lua: PARTS.map(({ lua }) => lua).join('\n') };

/** How often a mode that is in use is said to be. */
const ANNOUNCE_MS = 5_000;

/** Tickets in Redis: one hash tag for each mode, and one script for all that happens there. */
export class RedisTicketStore implements TicketStore {
  readonly #link: RedisLink;
  readonly #newId: () => string;
  readonly #random: () => number;
  readonly #settings: string;
  /** Mode -> when we said that it is in use. */
  readonly #announced = new Map<string, number>();

  constructor(options: { link: RedisLink; settings: MatchSettings; newId: () => string; random: () => number }) {
    this.#link = options.link;
    this.#newId = options.newId;
    this.#random = options.random;
    this.#settings = JSON.stringify({ ...options.settings, readyMs: READY_MS, retryMaxMs: RETRY_MAX_MS });
  }

  async apply(mode: string, operations: readonly TicketOperation[], now: number): Promise<Applied> {
    const key = this.#link.key(`{match:${mode}}`);
    const luck = Math.floor(this.#random() * 2 ** 31);
    const args = [now, `${this.#newId()}.`, this.#settings, JSON.stringify(operations), luck];
    const applied = JSON.parse((await this.#link.run(SCRIPT, [key], args)) as string) as Applied;
    await this.#keepModes(mode, operations, applied, now);
    return applied;
  }

  modes(): Promise<string[]> {
    return this.#link.call((redis) => redis.smembers(this.#modesKey));
  }

  /** Any node must find a mode whose only node has died; and a mode that nobody uses must be forgotten. */
  async #keepModes(mode: string, operations: readonly TicketOperation[], { standings }: Applied, now: number) {
    const isEmpty = standings.some((standing) => standing.state === 'swept' && standing.isEmpty);
    if (isEmpty) {
      this.#announced.delete(mode);
      await this.#link.call((redis) => redis.srem(this.#modesKey, mode));
      return;
    }
    const isUsed = operations.some(({ op }) => op === 'enqueue' || op === 'assert' || op === 'touch');
    if (!isUsed || now - (this.#announced.get(mode) ?? Number.NEGATIVE_INFINITY) < ANNOUNCE_MS) return;
    this.#announced.set(mode, now);
    await this.#link.call((redis) => redis.sadd(this.#modesKey, mode));
  }

  get #modesKey(): string {
    return this.#link.key('{match}:modes');
  }
}
