import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server as HttpServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { type Ack, type HandshakeRefusal, ParleyError } from '@parley/shared/protocol';
import { FakeClock, silentLogger } from '@parley/shared/runtime';
import { Server } from 'socket.io';
import { NetworkWatch } from '../media/network-watch.ts';
import { Connection } from './connection.ts';

const busy = (retryAfterMs?: number) => new ParleyError('rate_limited', undefined, { retryAfterMs }).toWire();
const done: Ack<unknown> = { ok: true, data: {} };

async function until(what: string, check: () => boolean): Promise<void> {
  const end = Date.now() + 10_000;
  while (!check()) {
    if (Date.now() > end) throw new Error(`waited in vain for: ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A server that refuses connections and answers requests as it is told; by default it is content. */
async function setUp(t: TestContext) {
  const http = createServer();
  const io = new Server(http, { transports: ['websocket'] });
  const refusals: HandshakeRefusal[] = [];
  const answers: Ack<unknown>[] = [];
  const seen: string[] = [];
  io.use((_socket, next) => {
    const data = refusals.shift();
    seen.push(data ? `refused ${data.code}` : 'admitted');
    next(data && Object.assign(new Error(data.message), { data }));
  });
  io.on('connection', (socket) => {
    socket.onAny((name: string, _input: unknown, ack: (answer: Ack<unknown>) => void) => {
      seen.push(name);
      ack(answers.shift() ?? done);
    });
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const clock = new FakeClock();
  const { port } = http.address() as AddressInfo;
  const signs = { window: new EventTarget() };
  const network = new NetworkWatch({ signs, clock: new FakeClock() });
  const options = { url: `http://127.0.0.1:${port}`, token: undefined, log: silentLogger, network, clock };
  const connection = new Connection(options);
  t.after(async () => {
    connection.close();
    await io.close();
  });
  const comeOnline = () => signs.window.dispatchEvent(new Event('online'));
  return { http, io, refusals, answers, seen, clock, connection, comeOnline };
}

const leave = { roomId: 'lobby' };

test('a server that asks for a moment gets it, and is asked no sooner', async (t) => {
  const { refusals, seen, clock, connection } = await setUp(t);
  refusals.push(busy(3_000));
  const opening = connection.open();
  await until('the refusal, and the wait for it', () => seen.length === 1 && clock.pending === 2);
  clock.advance(2_999);
  assert.deepEqual(seen, ['refused rate_limited']);
  clock.advance(1_000);
  await opening;
  assert.deepEqual(seen, ['refused rate_limited', 'admitted']);
});

test('a wait that is too long is told, and not cut short by asking again', async (t) => {
  const { refusals, seen, clock, connection } = await setUp(t);
  refusals.push(busy(60_000));
  const isBusy = (error: unknown) => {
    assert.ok(error instanceof ParleyError && error.code === 'rate_limited');
    assert.ok((error.retryAfterMs ?? 0) >= 30_000, String(error.retryAfterMs));
    return true;
  };
  await assert.rejects(connection.open(), isBusy);
  clock.advance(10_000);
  await assert.rejects(connection.open(), isBusy);
  assert.deepEqual(seen, ['refused rate_limited']);
  clock.advance(65_000);
  await connection.open();
  assert.equal(clock.pending, 0);
});

test('a client that was connected comes back after a refusal, when it may', async (t) => {
  const { io, refusals, seen, clock, connection } = await setUp(t);
  await connection.open();
  const back = new Promise<void>((resolve) => {
    connection.on('reconnected', resolve);
  });
  refusals.push(busy(20_000));
  io.disconnectSockets(true);
  await until('the refusal, and the wait for it', () => seen.length === 2 && clock.pending === 1);
  clock.advance(24_001);
  await back;
  assert.deepEqual(seen, ['admitted', 'refused rate_limited', 'admitted']);
});

test('a request that came too soon is made again when it may be', async (t) => {
  const { answers, seen, clock, connection } = await setUp(t);
  await connection.open();
  answers.push({ ok: false, error: busy(1_000) });
  const leaving = connection.request('room:leave', leave);
  await until('the wait', () => seen.length === 2 && clock.pending === 1);
  clock.advance(1_200);
  await leaving;
  assert.deepEqual(seen, ['admitted', 'room:leave', 'room:leave']);
});

test('but not beyond its deadline, and a step of a negotiation not at all', async (t) => {
  const { answers, seen, connection } = await setUp(t);
  await connection.open();
  const isBusy = { code: 'rate_limited' };
  answers.push({ ok: false, error: busy(11_000) }, { ok: false, error: busy(10) }, { ok: false, error: busy() });
  await assert.rejects(connection.request('room:leave', leave), isBusy);
  const signal = { ...leave, epoch: 1, to: 'ann', signal: { instance: 'pc' } };
  await assert.rejects(connection.request('mesh:signal', signal), isBusy);
  await assert.rejects(connection.request('room:leave', leave), isBusy);
  assert.equal(seen.length, 4);
});

test('after a change of network a line that still answers is kept', async (t) => {
  const { seen, connection, comeOnline } = await setUp(t);
  const heard: string[] = [];
  for (const event of ['networkChanged', 'lost'] as const) connection.on(event, () => heard.push(event));
  comeOnline();
  assert.deepEqual(heard, [], 'before it has ever connected there is nothing to look after');
  await connection.open();
  comeOnline();
  await until('the question', () => seen.includes('session:ping'));
  await connection.request('room:leave', leave);
  assert.deepEqual(heard, ['networkChanged']);
});

test('a line that no longer answers after a change of network is dropped at once, and made anew', async (t) => {
  const { io, connection, seen, comeOnline } = await setUp(t);
  await connection.open();
  const heard: string[] = [];
  for (const event of ['lost', 'reconnected'] as const) connection.on(event, () => heard.push(event));
  // The server hears nothing any more, and says nothing.
  const reasons: string[] = [];
  for (const socket of await io.fetchSockets()) {
    const local = io.sockets.sockets.get(socket.id);
    local?.offAny();
    local?.on('disconnect', (reason) => reasons.push(reason));
  }
  comeOnline();
  await until('the way back', () => heard.length === 2);
  assert.deepEqual(heard, ['lost', 'reconnected']);
  assert.equal(seen.filter((what) => what === 'admitted').length, 2);
  await until('the server to notice', () => reasons.length === 1);
  assert.notEqual(reasons[0], 'client namespace disconnect', 'that would be a goodbye');
});

/** The next WebSocket that is asked for does not get to the server. */
async function takeNextUpgrade(http: HttpServer): Promise<[IncomingMessage, Duplex]> {
  const answering = http.listeners('upgrade') as ((...args: unknown[]) => void)[];
  http.removeAllListeners('upgrade');
  const [request, stream] = await once(http, 'upgrade');
  for (const listener of answering) http.on('upgrade', listener);
  return [request, stream];
}

test('an attempt to connect that hangs does not hold up one after a change of network', async (t) => {
  const { io, http, connection, comeOnline } = await setUp(t);
  await connection.open();
  let state = 'up';
  connection.on('lost', () => (state = 'lost'));
  connection.on('reconnected', () => (state = 'back'));
  // The next upgrade is never answered.
  const hung = takeNextUpgrade(http);
  for (const socket of io.sockets.sockets.values()) socket.conn.close();
  await until('the loss', () => state === 'lost');
  const [, stream] = await hung;
  comeOnline();
  await until('the way back', () => state === 'back').finally(() => stream.destroy());
});

/** Takes the next WebSocket, and ends it before the server has said a word on it. */
async function cutNextOpening(http: HttpServer): Promise<void> {
  const [{ headers }, stream] = await takeNextUpgrade(http);
  // RFC 6455, section 4.2.2
  const key = `${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  const accept = createHash('sha1').update(key).digest('base64');
  const answer = ['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: websocket'];
  stream.end([...answer, `Sec-WebSocket-Accept: ${accept}`, '', ''].join('\r\n'));
}

test('a connection that is cut before its first word is made anew at once, the first and a later one', async (t) => {
  const { io, http, connection, seen } = await setUp(t);
  void cutNextOpening(http);
  const opening = connection.open();
  await until('the first connection', () => connection.connected);
  await opening;
  let isBack = false;
  connection.on('reconnected', () => (isBack = true));
  void cutNextOpening(http);
  for (const socket of io.sockets.sockets.values()) socket.conn.close();
  await until('the way back', () => isBack);
  assert.deepEqual(seen, ['admitted', 'admitted']);
});
