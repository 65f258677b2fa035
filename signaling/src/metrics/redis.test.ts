import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startRedis } from '../testing/redis.ts';
import { TestServer } from '../testing/server.ts';
import { until } from '../testing/until.ts';

test('nodes, and how Redis answers them, are told; rooms and people are counted once', async (t) => {
  const redis = await startRedis(t);
  const [a, b] = await Promise.all(
    ['a', 'b'].map((id) => TestServer.start(t, { env: { NODE_ID: id, REDIS_URL: redis.url } })),
  );
  assert.ok(a && b);
  const total = async (name: string) => (await a.metric(name)) + (await b.metric(name));
  await a.member(t, 'Ann');
  await b.member(t, 'Ben');
  await b.member(t, 'Cleo');
  await until('both to know each other', async () => (await total('parley_nodes')) === 4);
  await until('both to know who is there', async () => (await total('parley_participants')) === 3);
  assert.equal(await total('parley_rooms{phase="mesh"}'), 1);
  assert.equal(await total('parley_rooms_by_size{size="3-4"}'), 1);
  assert.equal(await total('parley_joins_total'), 3);
  assert.equal(await a.metric('parley_redis_up'), 1);
  assert.ok((await a.metric('parley_redis_call_duration_seconds_count{result="ok"}')) > 0);
  await redis.stop();
  await until('it to be missed', async () => (await a.metric('parley_redis_up')) === 0);
  assert.equal(await total('parley_participants'), 3, 'what a node knows it goes on telling');
});

test('without Redis there is nothing to tell of it', async (t) => {
  const server = await TestServer.start(t);
  assert.ok(Number.isNaN(await server.metric('parley_redis_up')));
  assert.equal(await server.metric('parley_nodes'), 1);
});
