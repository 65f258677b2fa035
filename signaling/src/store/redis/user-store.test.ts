import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ParleyError } from '@parley/shared/protocol';
import { startRedis } from '../../testing/redis.ts';
import { until } from '../../testing/until.ts';
import { describeUserStore } from '../user-store.contract.ts';
import { RedisUserStore } from './user-store.ts';

describeUserStore('redis', async (t) => {
  const redis = await startRedis(t);
  return new RedisUserStore(await redis.link());
});

test('what a dead node leaves goes by itself', async (t) => {
  const redis = await startRedis(t);
  const link = await redis.link();
  await new RedisUserStore(link).claim('ann', { nodeId: 'n', sessionId: 's', instance: 'i' });
  const left = await link.call((client) => client.pttl(link.key('{user:ann}')));
  assert.ok(left > 60_000 && left <= 120_000, String(left));
});

test('a Redis out of reach is said to be that', async (t) => {
  const redis = await startRedis(t);
  const link = await redis.link();
  const store = new RedisUserStore(link);
  await redis.stop();
  await until('it to be missed', () => !link.isUp);
  await assert.rejects(
    store.claim('ann', { nodeId: 'n', sessionId: 's', instance: 'i' }),
    (error) => error instanceof ParleyError && error.code === 'store_unavailable',
  );
});
