import type { TestContext } from 'node:test';
import { silentLogger, systemClock } from '@parley/shared/runtime';
import { RedisProcess } from '../../../scripts/redis-process.mjs';
import { RedisLink } from '../store/redis/link.ts';
import { until } from './until.ts';

/** What a Redis on a busy machine has for one command, in ms. */
const PATIENCE_MS = 10_000;
/** What it has by default: so soon one that hangs is missed. */
export const IMPATIENT = { deadlineMs: 1_000 };

/** A real Redis of a test's own, which keeps nothing on disk. */
export interface TestRedis {
  readonly url: string;
  /** A link to it that is up, closed with the test; patient, unless the test is of a Redis that hangs. */
  link(options?: { prefix?: string; deadlineMs?: number }): Promise<RedisLink>;
  /** Stands still, as a machine that hangs, and goes on. */
  pause(): void;
  resume(): void;
  /** Is gone, and comes back on the same port with nothing in it. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** Starts a redis-server on a free port. `npm test` brings the program; without it the test says so and fails. */
export async function startRedis(t: TestContext): Promise<TestRedis> {
  const redis = await RedisProcess.start();
  const links: RedisLink[] = [];
  t.after(async () => {
    for (const link of links) link.close();
    await redis.close();
  });
  const { url } = redis;
  return {
    url,
    async link({ prefix = 'test', deadlineMs = PATIENCE_MS } = {}) {
      const about = { clock: systemClock, logger: silentLogger, deadlineMs };
      const link = new RedisLink({ urls: [url], cluster: false, prefix, ...about });
      links.push(link);
      await until('redis to be in reach', () => link.isUp);
      return link;
    },
    pause: () => redis.freeze(),
    resume: () => redis.thaw(),
    stop: () => redis.stop(),
    start: () => redis.startAgain(),
  };
}
