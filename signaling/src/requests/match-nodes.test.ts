import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { TestClient } from '../testing/client.ts';
import { startRedis } from '../testing/redis.ts';
import { TestServer } from '../testing/server.ts';
import { until } from '../testing/until.ts';

const WISHES = {
  mode: 'talk',
  size: 2,
  language: null,
  region: null,
  attributes: {},
  filters: {},
  widen: 'none',
} as const;
let tickets = 0;

async function setUp(t: TestContext) {
  const redis = await startRedis(t);
  const node = (id: string) => TestServer.start(t, { env: { REDIS_URL: redis.url, NODE_ID: id } });
  return { redis, nodes: await Promise.all([node('node-1'), node('node-2')]) };
}

async function queue(client: TestClient, language: string | null = null) {
  const ticket = { ticketId: `ticket-${tickets++}`, ...WISHES, language };
  return { ticket, ...(await client.request('match:enqueue', ticket)) };
}

async function meet(one: TestClient, other: TestClient): Promise<void> {
  const joined = [one, other].map(async (client) => {
    const { matchId } = await client.hearsMatch('match:found');
    await client.request('match:confirm', { matchId });
    const { roomId, pass } = await client.hearsMatch('match:ready');
    const input = { roomId, name: 'Ann', muted: false, deafened: false, joinId: `join-id-${tickets++}`, pass };
    await client.request('room:join', input);
    return roomId;
  });
  const [a, b] = await Promise.all(joined);
  assert.equal(a, b);
}

test('people at different nodes meet in one room', async (t) => {
  const { nodes } = await setUp(t);
  const [ann, ben] = [await nodes[0].connect(t), await nodes[1].connect(t)];
  await queue(ann);
  assert.equal((await queue(ben)).state, 'found');
  await meet(ann, ben);
});

test('a Redis that has lost everything, or was away, is told who waits, and since when', async (t) => {
  const { redis, nodes } = await setUp(t);
  const [ann, ben] = [await nodes[0].connect(t), await nodes[1].connect(t)];
  const waits = await queue(ann);
  await (await redis.link()).call((client) => client.flushall());
  await until('node 1 to have said it again', async () => (await nodes[1].metric('parley_match_tickets')) === 1);
  assert.deepEqual(await ann.request('match:enqueue', waits.ticket), { state: 'waiting', since: waits.since });
  await redis.stop();
  await until(
    'Redis to be missed',
    async () => (await ben.ask('match:enqueue', { ...waits.ticket, mode: 'x' })).ok === false,
  );
  await redis.start();
  for (const { url } of nodes) {
    await until('Redis to be found again', async () => (await fetch(`${url}/ready`)).status === 200);
  }
  assert.deepEqual(await ann.request('match:enqueue', waits.ticket), { state: 'waiting', since: waits.since });
  await queue(ben);
  await meet(ann, ben);
});

test('a ticket whose node has closed is matched with nobody, and swept when its time is up', async (t) => {
  const { nodes } = await setUp(t);
  const [ann, ben] = [await nodes[0].connect(t), await nodes[1].connect(t)];
  await queue(ann);
  await nodes[0].close();
  assert.equal((await queue(ben)).state, 'waiting', 'nobody meets a ghost');
  await until('nothing but ben to be left', async () => (await nodes[1].metric('parley_match_tickets')) === 1, 20_000);
  assert.equal(await nodes[1].metric('parley_swept_total{kind="ticket"}'), 1);
});
