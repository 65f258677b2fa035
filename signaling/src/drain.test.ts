import assert from 'node:assert/strict';
import { get } from 'node:http';
import { type TestContext, test } from 'node:test';
import { FaultyLink } from '../../scripts/faulty-link.mjs';
import { TestClient } from './testing/client.ts';
import { startProcess } from './testing/process.ts';
import { startRedis, type TestRedis } from './testing/redis.ts';
import { SESSION_SECRET } from './testing/server.ts';
import { until } from './testing/until.ts';

async function startNode(t: TestContext, redis: TestRedis, NODE_ID: string, more: Record<string, string> = {}) {
  const started = startProcess(t, {
    LOG_LEVEL: 'error',
    NODE_ID,
    SESSION_SECRET,
    REDIS_URL: redis.url,
    PRESENCE_INTERVAL_MS: '250',
    PRESENCE_GRACE_MS: '1000',
    ...more,
  });
  const { port } = await started.listening;
  return { ...started, url: `http://127.0.0.1:${port}` };
}

async function connect(t: TestContext, url: string): Promise<TestClient> {
  const client = new TestClient(url);
  t.after(() => client.close());
  await client.connected();
  return client;
}

async function member(t: TestContext, url: string, name: string): Promise<TestClient> {
  const client = await connect(t, url);
  await client.join('lobby', name);
  return client;
}

/** What a balancer is answered that has other nodes to ask. */
function statusBehindBalancer(url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const request = get(`${url}/socket.io/?EIO=4&transport=websocket`, {
      headers: {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': 'MDEyMzQ1Njc4OWFiY2RlZg==',
        'Parley-Balancer': '1',
      },
    });
    request.once('error', reject);
    request.once('response', ({ statusCode }) => resolve(statusCode));
    request.once('upgrade', ({ statusCode }, socket) => {
      socket.destroy();
      resolve(statusCode);
    });
  });
}

/** As the SDK does it: there first, then no longer here. */
async function move(t: TestContext, from: TestClient, url: string): Promise<TestClient> {
  await until(`${from.name} to be told to move`, () => from.moves.length > 0);
  const to = await connect(t, url);
  await to.resume(from);
  from.close();
  return to;
}

test('a node with others drains: its clients move while nobody in the room notices, and it ends with 0', async (t) => {
  const redis = await startRedis(t);
  const [a, b] = await Promise.all(['a', 'b'].map((id) => startNode(t, redis, id, { DRAIN_MS: '60000' })));
  assert.ok(a && b);
  const [ann, ben] = [await member(t, a.url, 'Ann'), await member(t, a.url, 'Ben')];
  const cal = await member(t, b.url, 'Cal');
  const watcher = await connect(t, b.url);
  const { total } = await watcher.request('presence:watch', {});
  await until('the watcher to see all', () => (watcher.presence.at(-1)?.total ?? total) === 4);
  const { topologyToken: _, ...before } = await cal.snapshot();
  const heard = cal.heard.length;

  a.child.kill('SIGTERM');
  await until('not to be ready', async () => (await fetch(`${a.url}/ready`)).status === 503);
  assert.equal((await fetch(`${a.url}/health`)).status, 200);
  assert.equal((await fetch(`${b.url}/ready`)).status, 200);
  await assert.rejects(connect(t, a.url), (error: Error & { data?: { code: string } }) => {
    return error.data?.code === 'server_shutdown';
  });
  assert.equal(await statusBehindBalancer(a.url), 503);
  assert.equal(await statusBehindBalancer(b.url), 101);
  const ann2 = await move(t, ann, b.url);
  const ben2 = await move(t, ben, b.url);
  assert.deepEqual(ann.moves, [{ withinMs: 30_000 }]);
  assert.deepEqual(await a.exited, { code: 0, errors: '' });

  assert.deepEqual([ann2.id, ben2.id], [ann.id, ben.id]);
  await ben2.request('self:update', { roomId: 'lobby', muted: true, deafened: false });
  await cal.hears('participantUpdated', ({ participant }) => participant.id === ben.id && participant.muted);
  const noticed = cal.heard.slice(heard).map(({ type }) => type);
  assert.deepEqual(noticed, ['participantUpdated'], 'nobody was seen to leave, to come, or to reconnect');
  const { topologyToken: __, ...after } = await cal.snapshot();
  assert.deepEqual(
    after.participants.map(({ id, connection }) => [id, connection]),
    before.participants.map(({ id, connection }) => [id, connection]),
  );
});

test('who does not move is waited for no longer than DRAIN_MS, and is the same person elsewhere after it', async (t) => {
  const redis = await startRedis(t);
  const [a, b] = await Promise.all(['a', 'b'].map((id) => startNode(t, redis, id, { DRAIN_MS: '500' })));
  assert.ok(a && b);
  const ann = await member(t, a.url, 'Ann');
  const cal = await member(t, b.url, 'Cal');
  a.child.kill('SIGTERM');
  assert.deepEqual(await a.exited, { code: 0, errors: '' });
  const back = await connect(t, b.url);
  await back.resume(ann);
  assert.equal(back.id, ann.id);
  assert.ok(!cal.heard.some(({ type }) => type === 'participantLeft'));
});

test('told twice, it goes at once', async (t) => {
  const redis = await startRedis(t);
  const a = await startNode(t, redis, 'a', { DRAIN_MS: '600000' });
  const ann = await member(t, a.url, 'Ann');
  a.child.kill('SIGTERM');
  await until('the word to move', () => ann.moves.length === 1);
  a.child.kill('SIGTERM');
  assert.deepEqual(await a.exited, { code: 0, errors: '' });
});

test('users of a killed node are gone after the grace, and seen again where they come back', async (t) => {
  const redis = await startRedis(t);
  const [a, b] = await Promise.all(['a', 'b'].map((id) => startNode(t, redis, id, { DRAIN_MS: '60000' })));
  assert.ok(a && b);
  const watcher = await connect(t, b.url);
  await watcher.request('presence:watch', {});
  const ann = await member(t, a.url, 'Ann');
  await until('Ann to be seen', () => watcher.presence.some(({ online }) => online.some((it) => it.rooms.length > 0)));
  a.child.kill('SIGKILL');
  await a.exited;
  await until(
    'Ann to be gone, once her node is given up',
    () => watcher.presence.some((it) => it.offline.length === 1),
    20_000,
  );
  const again = await connect(t, b.url);
  await again.resume(ann);
  await until('Ann to be seen again', () => watcher.presence.at(-1)?.online[0]?.rooms[0] === 'lobby');
});

test('a node cut off from Redis while another is not sends its clients there, and takes people again when it has Redis', async (t) => {
  const redis = await startRedis(t);
  const link = await FaultyLink.to(Number(new URL(redis.url).port));
  t.after(() => link.close());
  const [a, b] = await Promise.all([
    startNode(t, redis, 'a', { REDIS_URL: `redis://127.0.0.1:${link.port}` }),
    startNode(t, redis, 'b'),
  ]);
  const ann = await member(t, a.url, 'Ann');
  const cal = await member(t, b.url, 'Cal');
  const isReady = async () => (await fetch(`${a.url}/ready`)).status === 200;
  await until('both to be ready', isReady);
  // Whoever is cut off asks those it knows.
  await until('the nodes to know each other', async () => {
    const metrics = await (await fetch(`${a.url}/metrics`)).text();
    return /^parley_nodes 2$/m.test(metrics);
  });
  link.cut();
  const moved = await move(t, ann, b.url);
  assert.equal(moved.id, ann.id);
  assert.equal(await isReady(), false);
  await moved.request('self:update', { roomId: 'lobby', muted: true, deafened: false });
  await cal.hears('participantUpdated', ({ participant }) => participant.id === ann.id && participant.muted);
  assert.ok(!cal.heard.some(({ type }) => type === 'participantLeft'));
  link.mend();
  await until('the node to take people again', isReady, 20_000);
  await member(t, a.url, 'Ben');
  await cal.hears('participantJoined', ({ participant }) => participant.name === 'Ben');
});
