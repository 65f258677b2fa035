import assert from 'node:assert/strict';
import { request } from 'node:http';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import type { HandshakeRefusal } from '@parley/shared/protocol';
import { FakeClock } from '@parley/shared/runtime';
import { TestClient } from '../testing/client.ts';
import { TestServer } from '../testing/server.ts';
import { until } from '../testing/until.ts';

/** The status with which an upgrade is answered. */
function upgrade(url: string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request(`${url}/socket.io/?EIO=4&transport=websocket`, {
      headers: {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': Buffer.alloc(16).toString('base64'),
        ...headers,
      },
    });
    asked.on('response', (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve(response.statusCode);
    });
    asked.on('error', reject);
    asked.end();
  });
}

test('pages of other origins are refused before the upgrade, with 403', async (t) => {
  const server = await TestServer.start(t, {
    env: { ALLOWED_ORIGINS: 'https://app.example.org, http://localhost:5173/' },
  });
  const host = `127.0.0.1:${server.port}`;
  for (const [origin, status] of [
    ['https://evil.example', 403],
    ['https://app.example.org.evil.example', 403],
    ['null', 403],
    ['garbage', 403],
    [`http://127.0.0.1:${server.port + 1}`, 403],
    ['https://app.example.org', 101],
    ['http://localhost:5173', 101],
    [`http://${host}`, 101],
    [`https://${host}`, 101],
  ] as const) {
    assert.equal(await upgrade(server.url, { Origin: origin }), status, origin);
  }
  assert.equal(await upgrade(server.url, {}), 101, 'no browser, no origin');
});

test('a star allows every origin', async (t) => {
  const server = await TestServer.start(t, { env: { ALLOWED_ORIGINS: '*' } });
  assert.equal(await upgrade(server.url, { Origin: 'https://any.example' }), 101);
});

test('there is no polling', async (t) => {
  const server = await TestServer.start(t);
  const response = await fetch(`${server.url}/socket.io/?EIO=4&transport=polling`);
  assert.equal(response.status, 400);
});

test('a client that shares no version is told which there are', async (t) => {
  const server = await TestServer.start(t);
  const refusalOf = async (auth: Record<string, unknown>) => {
    const client = new TestClient(server.url, { auth });
    t.after(() => client.close());
    const error = await client.connected().then(
      () => assert.fail('connected'),
      (it: Error & { data?: HandshakeRefusal }) => it,
    );
    return error.data;
  };
  assert.deepEqual(await refusalOf({ versions: [1, 99] }), {
    code: 'unsupported_version',
    message: 'Client and server share no protocol version.',
    retryable: false,
    supported: [3],
  });
  for (const auth of [{}, { versions: 1 }, { versions: [] }, { versions: ['1'] }, { versions: [3], token: 7 }]) {
    assert.equal((await refusalOf(auth))?.code, 'invalid_request', JSON.stringify(auth));
  }
  const newer = new TestClient(server.url, { auth: { versions: [1, 2, 3, 4] } });
  t.after(() => newer.close());
  await newer.connected();
});

test('a node that drains tells its clients to move, and takes no new ones', async (t) => {
  const server = await TestServer.start(t, { env: { DRAIN_MS: '10000' } });
  const ann = await server.connect(t);
  const drained = server.drain();
  await until('the word to move', () => ann.moves.length === 1);
  assert.deepEqual(ann.moves, [{ withinMs: 5_000 }]);
  await assert.rejects(server.connect(t), (error: Error & { data?: HandshakeRefusal }) => {
    assert.deepEqual([error.data?.code, error.data?.retryable], ['server_shutdown', true]);
    return true;
  });
  ann.close();
  await drained;
});

test('a full server says so', async (t) => {
  const server = await TestServer.start(t, { env: { CONNECTIONS_MAX: '1' } });
  const one = await server.connect(t);
  await assert.rejects(
    server.connect(t),
    (error: Error & { data?: HandshakeRefusal }) => error.data?.code === 'server_full',
  );
  one.close();
  await until('the place to be free', async () => (await server.metric('parley_connections')) === 0);
  await server.connect(t);
});

test('events that happen while a join is answered come after the answer, and none is missed', async (t) => {
  const server = await TestServer.start(t);
  const people = await Promise.all(Array.from({ length: 12 }, () => server.connect(t)));
  await Promise.all(people.map((person, i) => person.join('lobby', `Person ${i}`)));
  const last = Math.max(...people.map((person) => person.joined?.snapshot.seq ?? 0));
  for (const person of people) {
    const from = person.joined?.snapshot.seq ?? 0;
    await until('all events', () => person.events.length >= last - from);
    assert.deepEqual(
      person.events.map(({ seq }) => seq),
      Array.from({ length: last - from }, (_, i) => from + 1 + i),
    );
  }
});

test('a client that reads nothing is dropped before it costs much memory; the others do not notice', async (t) => {
  const clock = new FakeClock();
  const server = await TestServer.start(t, { clock });
  const ann = await server.member(t, 'Ann');
  const slow = await server.member(t, 'Slow');
  const { _socket: tcp } = (slow.socket.io.engine.transport as unknown as { ws: { _socket: Socket } }).ws;
  tcp.pause();
  const signal = { instance: 'pc', description: { type: 'offer', sdp: 'x'.repeat(16_000) } };
  const input = { roomId: 'lobby', epoch: 1, to: slow.id, signal };
  for (let i = 0; i < 100; i++) await Promise.all(Array.from({ length: 30 }, () => ann.ask('mesh:signal', input)));
  assert.equal((await ann.snapshot()).participants[1]?.connection, 'connected');
  clock.advance(5_000);
  await ann.hears('participantUpdated', ({ participant }) => participant.connection === 'reconnecting');
  tcp.destroy();
});
