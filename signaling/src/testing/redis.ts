import type { TestContext } from 'node:test';
import { silentLogger, systemClock } from '@parley/shared/runtime';
import { RedisProcess } from '../../../scripts/redis-process.mjs';
import { RedisLink } from '../store/redis/link.ts';
import { until } from './until.ts';

/** A real Redis of a test's own, which keeps nothing on disk. */
export interface TestRedis {
  readonly url: string;
  /** A link to it that is up, closed with the test. */
  link(prefix?: string): Promise<RedisLink>;
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
    async link(prefix = 'test') {
      const link = new RedisLink({ urls: [url], cluster: false, prefix, clock: systemClock, logger: silentLogger });
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
