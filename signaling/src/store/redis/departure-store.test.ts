import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startRedis } from '../../testing/redis.ts';
import { describeDepartureStore } from '../departure-store.contract.ts';
import { RedisDepartureStore } from './departure-store.ts';

describeDepartureStore('redis', async (t) => {
  const redis = await startRedis(t);
  return new RedisDepartureStore({ link: await redis.link(), lifetimeMs: 60_000 });
});

test('Redis is told when to forget', async (t) => {
  const link = await (await startRedis(t)).link();
  await new RedisDepartureStore({ link, lifetimeMs: 60_000 }).add('ann');
  const left = await link.call((redis) => redis.pttl(link.key('left', 'ann')));
  assert.ok(left > 50_000 && left <= 60_000, `${left}`);
});
