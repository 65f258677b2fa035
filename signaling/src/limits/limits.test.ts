import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { type HandshakeRefusal, ParleyError } from '@parley/shared/protocol';
import { TestClient } from '../testing/client.ts';
import { TestServer } from '../testing/server.ts';
import { until } from '../testing/until.ts';

const hits = (server: TestServer, limit: string) => server.metric(`parley_limit_hits_total{limit="${limit}"}`);

/** What a client that is refused is told. */
async function refusalOf(t: TestContext, server: TestServer, headers: Record<string, string> = {}) {
  const client = new TestClient(server.url, { headers });
  t.after(() => client.close());
  const error = await client.connected().then(
    () => assert.fail('connected'),
    (it: Error & { data?: HandshakeRefusal }) => it,
  );
  assert.ok(error.data, `not told why: ${error.message}`);
  return error.data;
}

describe('connections', () => {
  test('of one address at once: one more is told, and when to come back', async (t) => {
    const server = await TestServer.start(t, { env: { ADDRESS_CONNECTIONS_MAX: '2' } });
    const [ann] = [await server.connect(t), await server.connect(t)];
    const refusal = await refusalOf(t, server);
    assert.deepEqual(refusal, {
      code: 'rate_limited',
      message: 'Too many connections from this address.',
      retryable: true,
      retryAfterMs: 10_000,
    });
    assert.equal(await hits(server, 'address_connections'), 1);
    ann.close();
    await until('a place to be free', () =>
      server.connect(t).then(
        () => true,
        () => false,
      ),
    );
  });

  test('of one address in a minute', async (t) => {
    const server = await TestServer.start(t, { env: { ADDRESS_CONNECTS_PER_MINUTE: '3' } });
    for (let i = 0; i < 3; i++) (await server.connect(t)).close();
    const { code, retryAfterMs = 0 } = await refusalOf(t, server);
    assert.equal(code, 'rate_limited');
    assert.ok(retryAfterMs > 0 && retryAfterMs <= 60_000, String(retryAfterMs));
    assert.equal(await hits(server, 'address_connects'), 1);
  });

  test('behind a trusted proxy it is the clients’ addresses that count, and only behind one', async (t) => {
    const env = { ADDRESS_CONNECTIONS_MAX: '1', TRUSTED_PROXIES: '127.0.0.0/8' };
    const server = await TestServer.start(t, { env });
    const from = (address: string) => ({ headers: { 'X-Forwarded-For': address } });
    await server.connect(t, from('198.51.100.1'));
    await server.connect(t, from('198.51.100.2'));
    await server.connect(t, from('2001:db8::1'));
    assert.equal((await refusalOf(t, server, from('198.51.100.1').headers)).code, 'rate_limited');
    assert.equal((await refusalOf(t, server, from('2001:db8::2').headers)).code, 'rate_limited');
    const direct = await TestServer.start(t, { env: { ADDRESS_CONNECTIONS_MAX: '1' } });
    await direct.connect(t, from('198.51.100.1'));
    assert.equal((await refusalOf(t, direct, from('198.51.100.2').headers)).code, 'rate_limited');
  });

  test('a full server says so before the upgrade, with when to come back', async (t) => {
    const server = await TestServer.start(t, { env: { CONNECTIONS_MAX: '1' } });
    await server.connect(t);
    const { code, retryAfterMs } = await refusalOf(t, server);
    assert.deepEqual([code, retryAfterMs], ['server_full', 10_000]);
    assert.equal(await hits(server, 'connections'), 1);
  });

  test('one that never says what it wants is ended, counted, and frees its place', async (t) => {
    const server = await TestServer.start(t, { env: { ADDRESS_CONNECTIONS_MAX: '1' } });
    const tcp = connect(server.port, '127.0.0.1');
    t.after(() => tcp.destroy());
    const key = Buffer.alloc(16).toString('base64');
    tcp.write(
      'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
    );
    await new Promise((resolve) => tcp.once('data', resolve));
    assert.equal((await refusalOf(t, server)).code, 'rate_limited');
    tcp.destroy();
    await until('it to be counted', async () => {
      return (await server.metric('parley_swept_total{kind="socket_half_open"}')) === 1;
    });
    await server.connect(t);
  });
});

describe('requests', () => {
  test('each class has its own measure, each connection its own', async (t) => {
    const server = await TestServer.start(t, { env: { RATE_ROOM: '3', RATE_MEDIA: '1' } });
    const ann = await server.member(t, 'Ann');
    const ben = await server.member(t, 'Ben');
    await ann.snapshot();
    await ann.snapshot();
    const answer = await ann.ask('room:snapshot', { roomId: 'lobby' });
    assert.ok(!answer.ok);
    const { code, retryAfterMs = 0, retryable } = answer.error;
    assert.deepEqual([code, retryable], ['rate_limited', true]);
    assert.ok(retryAfterMs > 0 && retryAfterMs <= 10_000, String(retryAfterMs));
    const signal = { roomId: 'lobby', epoch: 1, to: ben.id, signal: { instance: 'pc' } };
    await ann.request('mesh:signal', signal);
    assert.equal(await ann.refusal('mesh:signal', signal), 'rate_limited');
    await ben.snapshot();
    assert.equal(await hits(server, 'room'), 1);
    assert.equal(await hits(server, 'media'), 1);
    assert.equal(await hits(server, 'presence'), 0);
  });

  test('what is no request is counted too', async (t) => {
    const server = await TestServer.start(t, { env: { RATE_SESSION: '1' } });
    const eve = await server.connect(t);
    assert.equal(await eve.refusal('nothing', {}), 'unknown_request');
    assert.equal(await eve.refusal('nothing', {}), 'rate_limited');
  });

  test('a client that goes on and on is dropped, acknowledged or not; the others are not touched', async (t) => {
    const server = await TestServer.start(t, { env: { RATE_ROOM: '5' } });
    const ann = await server.member(t, 'Ann');
    for (const withAck of [true, false]) {
      const eve = await server.connect(t);
      const gone = new Promise<string>((resolve) => eve.socket.once('disconnect', resolve));
      const ack = withAck ? [() => {}] : [];
      for (let i = 0; i < 60; i++) eve.socket.emit('room:snapshot', { roomId: 'lobby' }, ...ack);
      assert.match(await gone, /transport/);
    }
    assert.equal(await hits(server, 'flood'), 2);
    assert.equal((await ann.snapshot()).participants.length, 1);
  });

  test('joins of a user in a minute', async (t) => {
    const server = await TestServer.start(t, { env: { USER_JOINS_PER_MINUTE: '2' } });
    const ann = await server.connect(t);
    await ann.join('one', 'Ann');
    await ann.join('two', 'Ann');
    const join = { roomId: 'three', name: 'Ann', muted: false, deafened: false, joinId: 'the-third' };
    const answer = await ann.ask('room:join', join);
    assert.ok(!answer.ok && answer.error.code === 'rate_limited' && (answer.error.retryAfterMs ?? 0) > 10_000);
    await ann.snapshotOf('two');
    assert.equal(await hits(server, 'user_joins'), 1);
  });

  test('rooms of a user at once', async (t) => {
    const server = await TestServer.start(t, { env: { USER_ROOMS_MAX: '2' } });
    const ann = await server.connect(t);
    await ann.join('one', 'Ann');
    await ann.join('two', 'Ann');
    const join = { roomId: 'three', name: 'Ann', muted: false, deafened: false, joinId: 'the-third' };
    const answer = await ann.ask('room:join', join);
    assert.ok(!answer.ok);
    assert.deepEqual([answer.error.code, answer.error.retryAfterMs], ['rate_limited', 10_000]);
    await ann.request('room:leave', { roomId: 'one' });
    await ann.request('room:join', join);
    assert.equal(await hits(server, 'user_rooms'), 1);
  });
});

test('retryAfterMs crosses the wire, and nothing that is no time', () => {
  const error = new ParleyError('rate_limited', undefined, { retryAfterMs: 1_500 });
  assert.equal(ParleyError.fromWire(error.toWire()).retryAfterMs, 1_500);
  assert.ok(!('retryAfterMs' in new ParleyError('timeout').toWire()));
  for (const retryAfterMs of ['soon', -1, Number.NaN, null] as unknown as number[]) {
    assert.equal(ParleyError.fromWire({ ...error.toWire(), retryAfterMs }).retryAfterMs, undefined);
  }
});
