import { test } from 'node:test';
import { endure } from './harness/fault.ts';
import { withoutRedis } from './harness/index.ts';

const skip = withoutRedis;

test(
  'Redis is gone for longer than anyone is waited for and comes back empty: the calls go on, and the rooms are whole again',
  { skip },
  (t) =>
    endure(t, {
      name: 'Redis stopped for 20 s',
      strike: async ({ platform }) => {
        await platform.redis.stop();
        return {};
      },
      lastsMs: 20_000,
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
