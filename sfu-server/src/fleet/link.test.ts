import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { CONTROL_NAMESPACE, LinkCaller } from '@parley/shared/control';
import { type Clock, FakeClock, silentLogger, systemClock } from '@parley/shared/runtime';
import { Server } from 'socket.io';
import { io as connect } from 'socket.io-client';
import { FaultyLink } from '../../../scripts/faulty-link.mjs';
import { authenticate } from '../control/handshake.ts';
import { SECRET } from '../testing/sfu.ts';
import { until } from '../testing/until.ts';
import { FLEET_NAMESPACE, type FleetRequestName } from './contract.ts';
import { Edges } from './edges.ts';
import { SocketFleetLink } from './link.ts';
import { FleetServer } from './server.ts';

const SELF = { nodeId: 'home', instanceId: '1' };
const GRACE_MS = 5_000;

/** A port with Socket.IO on it, as a node has. */
async function listen(t: TestContext): Promise<{ io: Server; port: number }> {
  const http = createServer();
  const io = new Server(http, { transports: ['websocket'], serveClient: false, pingInterval: 1_000 });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  t.after(() => io.close());
  return { io, port: (http.address() as AddressInfo).port };
}

/** The node `edge`, without media. */
async function startEdge(t: TestContext) {
  const { io, port } = await listen(t);
  const edges = new Edges({
    rooms: { openPart: () => Promise.reject(new Error('no media')), closePart: () => {} },
    listen: { ip: '127.0.0.1', lossy: true },
    leaseMs: 60_000,
    clock: systemClock,
    log: silentLogger,
  });
  const options = { io, edges, secret: SECRET, nodeId: 'edge', requestTimeoutMs: 4_000 };
  new FleetServer({ ...options, clock: systemClock, log: silentLogger });
  return { port, edges };
}

/** A home's link to a port, and what is told of it. */
function open(
  t: TestContext,
  port: number,
  { nodeId = 'edge', secret = SECRET, clock = systemClock as Clock, requestTimeoutMs = 4_000 } = {},
) {
  const node = { nodeId, url: `http://127.0.0.1:${port}` };
  const link = new SocketFleetLink({
    node,
    self: SELF,
    secret,
    requestTimeoutMs,
    graceMs: GRACE_MS,
    clock,
    log: silentLogger,
  });
  t.after(() => link.close());
  const told: string[] = [];
  for (const name of ['up', 'down', 'lost'] as const) link.events.on(name, () => told.push(name));
  const tells = (name: string) => until(`the link to be ${name}`, () => told.includes(name));
  return { link, told, tells };
}

test('who knows the secret is answered; what is asked of an edge that is not there is refused', async (t) => {
  const { port } = await startEdge(t);
  const { link, tells } = open(t, port);
  await tells('up');
  await assert.rejects(link.request('edge:state', { sfuRoomId: 'lobby', generation: 1 }), { code: 'stale_epoch' });
});

test('a home with another secret is refused, and does not come back', async (t) => {
  const { port } = await startEdge(t);
  const { link, told, tells } = open(t, port, { secret: 'another secret' });
  await tells('lost');
  assert.deepEqual(told, ['lost']);
  await assert.rejects(link.request('link:hello', {}), { code: 'sfu_unavailable' });
});

test('who has not proven to know the secret is told nothing, asked nothing and hung up on', async (t) => {
  const { port, edges } = await startEdge(t);
  const control = new LinkCaller({ namespace: CONTROL_NAMESPACE, ...SELF, secret: SECRET });
  const proofs: ((challenge: unknown) => unknown)[] = [
    () => ({ proof: 'x' }),
    () => SECRET,
    // A proof of another kind of link.
    (challenge) => control.answer(challenge),
  ];
  for (const prove of proofs) {
    const auth = control.handshake();
    const url = `http://127.0.0.1:${port}${FLEET_NAMESPACE}`;
    const stranger = connect(url, { transports: ['websocket'], reconnection: false, forceNew: true, auth });
    const heard: string[] = [];
    stranger.onAny((name: string) => heard.push(name));
    stranger.on('link:challenge', (challenge, ack) => {
      stranger.emit('link:hello', {}, () => heard.push('an answer'));
      ack(prove(challenge));
    });
    await new Promise((resolve) => stranger.once('disconnect', resolve));
    assert.deepEqual(heard, ['link:challenge']);
  }
  assert.equal(edges.count, 0);
});

test('a node that does not know the secret is asked nothing, and given up', async (t) => {
  const { io, port } = await listen(t);
  const asked: string[] = [];
  io.of(FLEET_NAMESPACE).on('connection', (socket) => {
    socket.onAny((name: string) => asked.push(name));
    socket.emit('link:challenge', { challenge: 'x'.repeat(22) }, () => socket.emit('link:proof', { proof: 'x' }));
  });
  const { told, tells } = open(t, port);
  await tells('lost');
  assert.deepEqual([told, asked], [['lost'], []]);
});

test('another node that answers at the address is not taken for the one that was meant', async (t) => {
  const { port } = await startEdge(t);
  const { told, tells } = open(t, port, { nodeId: 'elsewhere' });
  await tells('lost');
  assert.deepEqual(told, ['lost']);
});

test('a node where nobody listens is given up at once', async (t) => {
  const faulty = await FaultyLink.to(1);
  await faulty.close();
  const { told, tells } = open(t, faulty.port, { clock: new FakeClock() });
  await tells('lost');
  assert.deepEqual(told, ['lost']);
});

test('a node that is silent is given up after the grace, and not while there are signs of life', async (t) => {
  const { port } = await startEdge(t);
  const faulty = await FaultyLink.to(port);
  t.after(() => faulty.close());
  const clock = new FakeClock();
  const { link, told, tells } = open(t, faulty.port, { clock });
  await tells('up');
  const stale = { code: 'stale_epoch' };
  for (let i = 0; i < 3; i++) {
    clock.advance(GRACE_MS - 1_000);
    await assert.rejects(link.request('edge:state', { sfuRoomId: 'lobby', generation: 1 }), stale);
  }
  faulty.swallow();
  clock.advance(GRACE_MS - 1);
  assert.deepEqual(told, ['up']);
  clock.advance(1);
  assert.deepEqual(told, ['up', 'lost']);
  assert.equal(link.isUp, false);
  // For the connection to end.
  faulty.mend();
});

test('a link that was cut is up again, as the same, when the network is back', async (t) => {
  const { port } = await startEdge(t);
  const faulty = await FaultyLink.to(port);
  t.after(() => faulty.close());
  const { told, tells } = open(t, faulty.port, { clock: new FakeClock() });
  await tells('up');
  faulty.cut();
  await tells('down');
  faulty.mend();
  await until('the link to be up again', () => told.length === 3);
  assert.deepEqual(told, ['up', 'down', 'up']);
});

/** A node that knows the secret, and answers a greeting as told: the number of times it was asked, from 1. */
async function startGreeter(t: TestContext, greet: (times: number, ack: (answer: unknown) => void) => void) {
  const { io, port } = await listen(t);
  let times = 0;
  io.of(FLEET_NAMESPACE).on('connection', async (socket) => {
    await authenticate(socket, SECRET, systemClock);
    socket.on('link:hello' satisfies FleetRequestName, (_input, ack) => greet(++times, ack));
  });
  return port;
}

test('a greeting that is not answered in time is said again', async (t) => {
  const port = await startGreeter(t, (times, ack) => {
    if (times > 2) ack({ ok: true, data: { nodeId: 'edge', edges: [] } });
  });
  const { told, tells } = open(t, port, { requestTimeoutMs: 50, clock: new FakeClock() });
  await tells('up');
  assert.deepEqual(told, ['up']);
});

test('a node whose greeting makes no sense is given up', async (t) => {
  const port = await startGreeter(t, (_times, ack) => ack({ ok: true, data: 'hello' }));
  const { told, tells } = open(t, port, { clock: new FakeClock() });
  await tells('lost');
  assert.deepEqual(told, ['lost']);
});
