import { RoomIdSchema } from '@parley/shared/protocol';
import * as v from 'valibot';
import type { PresenceStore, PresenceWrite, StoredPresence } from '../presence-store.ts';
import type { RedisLink } from './link.ts';
import { loadScript } from './script.ts';

const WRITE = loadScript(new URL('./presence-write.lua', import.meta.url));
/** What nobody carries on is gone after this: a dead node's users are expected back for a shorter time. */
const LIFETIME_MS = 120_000;
/** Users written in one command, so that none keeps Redis busy for long. */
const CHUNK = 1_000;

const Meta = v.pipe(
  v.string(),
  v.regex(/^\S+ \d+$/),
  v.transform((text) => text.split(' ')),
  v.transform(([incarnation = '', version]) => ({ incarnation, version: Number(version) })),
);
const Rooms = v.array(RoomIdSchema);

/** A hash per node: what is in it, one field per user, and under the empty name whose it is and of which version. */
export class RedisPresenceStore implements PresenceStore {
  readonly #link: RedisLink;

  constructor(link: RedisLink) {
    this.#link = link;
  }

  async write(nodeId: string, { incarnation, from, to, changes }: PresenceWrite): Promise<boolean> {
    const fields = changes.flatMap(([userId, rooms]) => [userId, rooms ? JSON.stringify(rooms) : '']);
    const args = [incarnation, from.version, from.count, to, LIFETIME_MS, ...fields];
    return (await this.#link.run(WRITE, [this.#key(nodeId)], args)) === 1;
  }

  /** Written aside, then put in place: whoever reads meanwhile sees the old or the new, never half of it. */
  async replace(nodeId: string, { incarnation, version, users }: StoredPresence): Promise<void> {
    const [key, draft] = [this.#key(nodeId), this.#key(nodeId, 'draft')];
    await this.#link.call((redis) => redis.del(draft));
    for (let i = 0; i < users.length; i += CHUNK) {
      const fields = users.slice(i, i + CHUNK).flatMap(([userId, rooms]) => [userId, JSON.stringify(rooms)]);
      await this.#link.call((redis) => redis.hset(draft, ...fields));
    }
    await this.#link.call((redis) => redis.hset(draft, '', `${incarnation} ${version}`));
    await this.#link.call((redis) => redis.pexpire(draft, LIFETIME_MS));
    await this.#link.call((redis) => redis.rename(draft, key));
  }

  async read(nodeId: string): Promise<StoredPresence | null> {
    const fields = await this.#link.call((redis) => redis.hgetall(this.#key(nodeId)));
    const { '': meta, ...users } = fields;
    if (meta === undefined) return null;
    return {
      ...v.parse(Meta, meta),
      users: Object.entries(users).map(([userId, rooms]) => [userId, v.parse(Rooms, JSON.parse(rooms))]),
    };
  }

  #key(nodeId: string, ...more: string[]): string {
    return this.#link.key(`{presence:${nodeId}}`, ...more);
  }
}
