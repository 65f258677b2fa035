import { test } from 'node:test';
import { endure } from './harness/fault.ts';
import { withoutRedis } from './harness/index.ts';

const skip = withoutRedis;

test('Redis is gone for a minute and comes back empty: the calls go on, and the rooms are whole again', { skip }, (t) =>
  endure(t, {
    name: 'Redis stopped for 60 s',
    strike: async ({ platform }) => {
      await platform.redis.stop();
      return {};
    },
    lastsMs: 60_000,
    end: ({ platform }) => platform.redis.startAgain(),
  }),
);

test('everything in Redis is deleted: the nodes fill it again', { skip }, (t) =>
  endure(t, {
    name: 'FLUSHALL',
    strike: async ({ platform }) => {
      await platform.redis.command('FLUSHALL');
      return {};
    },
  }),
);
