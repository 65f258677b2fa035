import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { TestClient } from '../testing/client.ts';
import { startRedis, type TestRedis } from '../testing/redis.ts';
import { TestServer } from '../testing/server.ts';
import { until } from '../testing/until.ts';

const node = (t: TestContext, redis: TestRedis, NODE_ID: string) =>
  TestServer.start(t, {
    env: { NODE_ID, REDIS_URL: redis.url, PRESENCE_INTERVAL_MS: '250', PRESENCE_GRACE_MS: '1000' },
  });

/** User -> rooms, as someone sees it who asks now. */
async function seenBy(client: TestClient): Promise<Record<string, string[]>> {
  const { users } = await client.request('presence:watch', {});
  return Object.fromEntries(users.map(({ userId, rooms }) => [userId, rooms]));
}

test('over Redis, every node knows who is where, later ones too, and after Redis has forgotten it', async (t) => {
  const redis = await startRedis(t);
  const [a, b] = await Promise.all(['a', 'b'].map((id) => node(t, redis, id)));
  assert.ok(a && b);
  const [ann, ben] = [await a.member(t, 'Ann', 'lobby'), await b.member(t, 'Ben', 'attic')];
  const everyone = { [ann.userId]: ['lobby'], [ben.userId]: ['attic'] };
  for (const client of [ann, ben]) {
    await until('both to be seen', async () => Object.values(await seenBy(client)).flat().length === 2);
    assert.deepEqual(await seenBy(client), everyone);
  }
  const link = await redis.link();
  await link.call((client) => client.flushall());
  const c = await node(t, redis, 'c');
  const cal = await c.connect(t);
  await until('all to be seen', async () => Object.keys(await seenBy(cal)).length === 3);
  assert.deepEqual(await seenBy(cal), { ...everyone, [cal.userId]: [] });
  assert.deepEqual(
    ann.presence.flatMap(({ offline }) => offline),
    [],
    'nobody was seen to go',
  );
});

test('while Redis is away nobody is seen to go; afterwards all see what has changed', async (t) => {
  const redis = await startRedis(t);
  const [a, b] = await Promise.all(['a', 'b'].map((id) => node(t, redis, id)));
  assert.ok(a && b);
  const [ann, ben] = [await a.connect(t), await b.connect(t)];
  await until('both to be seen', async () => Object.keys(await seenBy(ben)).length === 2);
  await redis.stop();
  const [cal, dan] = [await a.connect(t), await a.connect(t)];
  await until('Cal and Dan to be seen at their node', async () => Object.keys(await seenBy(ann)).length === 4);
  dan.close();
  await until('Dan to be gone there', async () => Object.keys(await seenBy(ann)).length === 3);
  assert.equal(Object.keys(await seenBy(ben)).length, 2);
  await redis.start();
  await until('Cal to be seen everywhere', async () => Object.keys(await seenBy(ben)).length === 3, 20_000);
  assert.ok(cal.userId in (await seenBy(ben)));
  assert.deepEqual(
    ben.presence.flatMap(({ offline }) => offline),
    [],
  );
});
