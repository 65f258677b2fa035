import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createAccessToken } from '@parley/shared/access-token';
import { PROTOCOL_VERSION } from '@parley/shared/protocol';
import { RedisUserStore } from '../store/redis/user-store.ts';
import type { TestClient } from '../testing/client.ts';
import { startRedis } from '../testing/redis.ts';
import { TestServer } from '../testing/server.ts';
import { until } from '../testing/until.ts';

const SECRET = 'an-API-secret-for-the-tests-of-32-bytes-and-more';

/** Two nodes with a Redis between them. */
async function setUp(t: TestContext) {
  const redis = await startRedis(t);
  const start = (NODE_ID: string) =>
    TestServer.start(t, { env: { NODE_ID, REDIS_URL: redis.url, API_KEYS: `key:${SECRET}` } });
  const [one, two] = await Promise.all([start('one'), start('two')]);
  // Of the same prefix as the servers' own.
  const link = await redis.link({ prefix: 'parley' });
  return { redis, link, one, two, users: new RedisUserStore(link) };
}

function connect(t: TestContext, server: TestServer, userId: string, instance?: string): Promise<TestClient> {
  const token = createAccessToken({ apiKey: 'key', apiSecret: SECRET, userId });
  const auth = { versions: [PROTOCOL_VERSION], token, ...(instance === undefined ? {} : { instance }) };
  return server.connect(t, { auth });
}

test('the newest connection of a user wins across nodes; the older one’s participant leaves', async (t) => {
  const { one, two, users } = await setUp(t);
  const ben = await two.member(t, 'Ben');
  const older = await connect(t, one, 'ann');
  await older.join('lobby', 'Ann');
  await ben.hears('participantJoined', ({ participant }) => participant.userId === 'ann');
  const newer = await connect(t, two, 'ann');
  await until('the older to be hung up on', () => !older.socket.connected);
  assert.equal(older.ended?.code, 'replaced');
  await ben.hears('participantLeft', ({ participantId }) => participantId === older.id);
  await newer.join('lobby', 'Ann');
  assert.match((await users.find('ann'))?.nodeId ?? '', /^two\./);
});

test('a client that comes back at another node takes its participant along', async (t) => {
  const { one, two, users } = await setUp(t);
  const ben = await two.member(t, 'Ben');
  const ann = await connect(t, one, 'ann', 'one-client');
  await ann.join('lobby', 'Ann');
  await ben.hears('participantJoined', ({ participant }) => participant.userId === 'ann');
  ann.cut();
  const again = await connect(t, two, 'ann', 'one-client');
  await again.resume(ann);
  assert.equal(again.id, ann.id);
  await until(
    'the place to be the new one’s',
    async () => (await users.find('ann'))?.nodeId.startsWith('two.') === true,
  );
  assert.ok(!ben.heard.some(({ type }) => type === 'participantLeft'));
});

test('another client ends at once what one that dropped left at another node', async (t) => {
  const { one, two } = await setUp(t);
  const ben = await two.member(t, 'Ben');
  const ann = await connect(t, one, 'ann');
  await ann.join('lobby', 'Ann');
  ann.cut();
  await ben.hears('participantUpdated', ({ participant }) => participant.connection === 'reconnecting');
  await connect(t, two, 'ann');
  await ben.hears('participantLeft', ({ participantId }) => participantId === ann.id);
});

test('while Redis is away everyone is let in; when it is back the newest of each user stays', async (t) => {
  const { redis, one, two, link, users } = await setUp(t);
  await redis.stop();
  await until('it to be missed', () => !link.isUp);
  const older = await connect(t, one, 'ann');
  const bob = await connect(t, one, 'bob');
  await until('time to pass', () => Date.now() > (older.welcomedAt ?? 0));
  const newer = await connect(t, two, 'ann');
  assert.ok(older.socket.connected && newer.socket.connected);
  await redis.start();
  await until('the older to be hung up on', () => older.ended?.code === 'replaced');
  await until('all to be known', async () => {
    if (!link.isUp) return false;
    const [ann, other] = await Promise.all([users.find('ann'), users.find('bob')]);
    return Boolean(ann?.nodeId.startsWith('two.') && other?.nodeId.startsWith('one.'));
  });
  assert.ok(newer.socket.connected && bob.socket.connected);
});

test('a Redis that has lost everything is told again', async (t) => {
  const { one, two, link, users } = await setUp(t);
  const ann = await connect(t, one, 'ann');
  const { epoch } = (await users.find('ann')) ?? assert.fail();
  await link.call((client) => client.flushall());
  await until('it to be known again', async () => (await users.find('ann'))?.epoch === epoch, 15_000);
  await connect(t, two, 'ann');
  await until('the older to be hung up on', () => ann.ended?.code === 'replaced');
});
