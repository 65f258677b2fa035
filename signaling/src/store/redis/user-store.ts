import * as v from 'valibot';
import type { Claim, Held, Holder, Reassertion, UserStore } from '../user-store.ts';
import type { RedisLink } from './link.ts';
import { loadScript } from './script.ts';

const CLAIM = loadScript(new URL('./user-claim.lua', import.meta.url));
const REASSERT = loadScript(new URL('./user-reassert.lua', import.meta.url));
const RELEASE = loadScript(new URL('./user-release.lua', import.meta.url));

/** What a node that died leaves behind is gone by then; living ones tell again well before. */
const LIFETIME_MS = 120_000;

const Fields = v.tuple([
  v.nullable(v.string()),
  v.nullable(v.string()),
  v.nullable(v.string()),
  v.nullable(v.string()),
]);
const Claimed = v.tuple([v.string(), Fields]);
const Reasserted = v.tuple([v.number(), Fields]);

/** Who is connected where, for all nodes: one hash a user. */
export class RedisUserStore implements UserStore {
  readonly #link: RedisLink;

  constructor(link: RedisLink) {
    this.#link = link;
  }

  async claim(userId: string, { nodeId, sessionId, instance }: Holder): Promise<Claim> {
    const answer = await this.#link.run(CLAIM, [this.#key(userId)], [nodeId, sessionId, instance, LIFETIME_MS]);
    const [epoch, before] = v.parse(Claimed, answer);
    return { epoch: Number(epoch), previous: other(before, sessionId) };
  }

  async reassert(userId: string, { epoch, nodeId, sessionId, instance }: Held): Promise<Reassertion> {
    const args = [epoch, nodeId, sessionId, instance, LIFETIME_MS];
    const [held, before] = v.parse(Reasserted, await this.#link.run(REASSERT, [this.#key(userId)], args));
    const previous = other(before, sessionId);
    return held === 0 && previous ? { held: false, by: previous } : { held: true, previous };
  }

  async find(userId: string): Promise<Held | null> {
    const key = this.#key(userId);
    return heldIn(v.parse(Fields, await this.#link.call((redis) => redis.hmget(key, ...FIELDS))));
  }

  async release(userId: string, sessionId: string): Promise<boolean> {
    return (await this.#link.run(RELEASE, [this.#key(userId)], [sessionId])) === 1;
  }

  #key(userId: string): string {
    return this.#link.key(`{user:${userId}}`);
  }
}

const FIELDS = ['epoch', 'node', 'session', 'instance'] as const;

function heldIn([epoch, nodeId, sessionId, instance]: v.InferOutput<typeof Fields>): Held | null {
  if (epoch === null || nodeId === null || sessionId === null || instance === null) return null;
  return { epoch: Number(epoch), nodeId, sessionId, instance };
}

function other(fields: v.InferOutput<typeof Fields>, sessionId: string): Held | null {
  const held = heldIn(fields);
  return held?.sessionId === sessionId ? null : held;
}
