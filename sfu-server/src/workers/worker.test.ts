import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { FakeClock, silentLogger, systemClock } from '@parley/shared/runtime';
import { noMedia } from '../media/ports.ts';
import { TestPeer } from '../testing/media.ts';
import { startTestSfu } from '../testing/sfu.ts';
import { until } from '../testing/until.ts';
import { workerBin } from '../testing/worker-bin.ts';
import { startWorker, type WorkerOptions } from './worker.ts';

const ROOM = 'lobby#1';

const options = (more: Partial<WorkerOptions> = {}): WorkerOptions => ({
  index: 0,
  workerBin,
  listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }],
  logLevel: 'error',
  iceConsentTimeout: 30,
  requestTimeoutMs: 20_000,
  counts: noMedia(),
  clock: systemClock,
  log: silentLogger,
  ...more,
});

/** Whether the process is there and not only waiting to be buried. */
function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('SIGTERM and SIGINT to this process do not end its workers: draining comes first', async (t) => {
  const signals = ['SIGTERM', 'SIGINT'] as const;
  const before = signals.map((signal) => process.listeners(signal));
  const worker = await startWorker(options());
  t.after(() => worker.close());
  assert.deepEqual(
    signals.map((signal) => process.listeners(signal)),
    before,
    'mediasoup’s handlers are out, everybody else’s are still there',
  );
  for (const signal of signals) process.emit(signal, signal);
  assert.deepEqual(await worker.holds(), { routers: 0, transports: 0, objects: 0, remembered: 0 });
});

test('a worker told to close is gone when close resolves', async () => {
  const worker = await startWorker(options());
  assert.ok(lives(worker.pid));
  await worker.close();
  assert.ok(!lives(worker.pid));
  await worker.close();
});

test('a worker that hangs while it is told to close is killed', async () => {
  const clock = new FakeClock();
  const worker = await startWorker(options({ clock }));
  process.kill(worker.pid, 'SIGSTOP');
  const closing = worker.close();
  clock.advance(1_000);
  await closing;
  assert.ok(!lives(worker.pid));
});

test('a worker that is none is refused with what to do about it', async () => {
  for (const none of ['/nowhere/mediasoup-worker', '/bin/false']) {
    await assert.rejects(startWorker(options({ workerBin: none })), (error: Error) => {
      assert.match(error.message, new RegExp(`Tried ${none}`));
      assert.match(error.message, /MEDIASOUP_WORKER_BIN/);
      return error.name === 'WorkerStartError';
    });
  }
});

/** A TCP port somebody else listens on. */
async function takenPort(t: TestContext): Promise<number> {
  const server = createServer();
  t.after(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(address && typeof address === 'object');
  return address.port;
}

test('a media port in use and an address this machine has not are named in the error', async (t) => {
  const port = await takenPort(t);
  const onTaken = options({ listenInfos: [{ protocol: 'tcp', ip: '127.0.0.1', port }] });
  await assert.rejects(startWorker(onTaken), {
    name: 'WorkerStartError',
    message: new RegExp(`Port ${port} \\(tcp on 127\\.0\\.0\\.1\\) is in use.*RTC_PORT`),
  });
  const elsewhere = options({ listenInfos: [{ protocol: 'udp', ip: '192.0.2.1' }] });
  await assert.rejects(startWorker(elsewhere), { name: 'WorkerStartError', message: /192\.0\.2\.1/ });
});

test('a killed worker: its rooms are told, the worker comes back, a new room opens; other rooms stay', async (t) => {
  const sfu = await startTestSfu(t, { env: { WORKERS: '2' } });
  const link = await sfu.link();
  await link.request('room:open', { sfuRoomId: ROOM });
  const ann = await TestPeer.open(link, ROOM, 'ann');
  const ben = await TestPeer.open(link, ROOM, 'ben');
  await ben.consume(await ann.produce());
  await link.request('room:open', { sfuRoomId: 'other' });
  const eve = await TestPeer.open(link, 'other', 'eve');

  const victim = sfu.pool.workers[0];
  assert.ok(victim);
  process.kill(victim.pid, 'SIGKILL');
  assert.deepEqual(await link.event('room:closed'), { sfuRoomId: ROOM, reason: 'worker_died' });
  await assert.rejects(ann.produce(), { code: 'not_found' });
  await assert.rejects(link.request('room:adopt', { sfuRoomId: ROOM }), { code: 'not_found' });
  await eve.produce();
  await until('two workers', () => sfu.pool.workers.length === 2);
  assert.ok(!sfu.pool.workers.includes(victim));
  assert.deepEqual(sfu.counts(), {
    ...noMedia(),
    workers: 2,
    rooms: 1,
    routers: 1,
    peers: 1,
    transports: 2,
    producers: 1,
  });
  await link.request('room:open', { sfuRoomId: ROOM });
  await (await TestPeer.open(link, ROOM, 'ann')).produce();
  const metrics = await (await fetch(`http://127.0.0.1:${sfu.port}/metrics`)).text();
  assert.match(metrics, /parley_sfu_worker_deaths_total 1\n/);
});

test('requests to a worker that dies fail with a code; without any worker the node is not healthy', async (t) => {
  const clock = new FakeClock();
  const sfu = await startTestSfu(t, { clock });
  const link = await sfu.link();
  await link.request('room:open', { sfuRoomId: ROOM });
  const ann = await TestPeer.open(link, ROOM, 'ann');
  const [worker] = sfu.pool.workers;
  assert.ok(worker);
  process.kill(worker.pid, 'SIGSTOP');
  const pending = [ann.produce(), TestPeer.open(link, ROOM, 'ben'), link.request('room:open', { sfuRoomId: 'new' })];
  const settled = Promise.allSettled(pending);
  await until('the requests to be under way', () => sfu.counts().peers === 2);
  process.kill(worker.pid, 'SIGKILL');
  for (const one of await settled) {
    assert.ok(one.status === 'rejected' && ['sfu_unavailable', 'not_found'].includes(one.reason.code));
  }
  // The respawn waits for the clock.
  const health = await fetch(`http://127.0.0.1:${sfu.port}/health`);
  assert.equal(health.status, 503);
  await assert.rejects(link.request('room:open', { sfuRoomId: ROOM }), { code: 'sfu_unavailable' });
  clock.advance(250);
  await link.event('node:state', ({ workers }) => workers === 0);
  await until('the worker to be back', () => sfu.pool.workers.length === 1);
  await link.request('room:open', { sfuRoomId: ROOM });
});

test('a hung worker: requests end at their deadline, then it is killed and replaced', async (t) => {
  const clock = new FakeClock();
  const sfu = await startTestSfu(t, { clock, env: { WORKER_PROBE_INTERVAL_MS: '10000', WORKER_HUNG_MS: '15000' } });
  const link = await sfu.link();
  await link.request('room:open', { sfuRoomId: ROOM });
  const ann = await TestPeer.open(link, ROOM, 'ann');
  const [worker] = sfu.pool.workers;
  assert.ok(worker);
  process.kill(worker.pid, 'SIGSTOP');
  const producing = assert.rejects(ann.produce(), { code: 'timeout' });
  const opening = assert.rejects(TestPeer.open(link, ROOM, 'ben'), { code: 'timeout' });
  await until('the requests to be under way', () => sfu.counts().peers === 2);
  clock.advance(5_000);
  await Promise.all([producing, opening]);
  assert.equal(sfu.counts().peers, 1, 'a peer that could not be opened is not there');

  const closed = link.event('room:closed');
  await until('the worker to be killed', () => {
    clock.advance(5_000);
    return sfu.pool.deaths === 1;
  });
  assert.deepEqual(await closed, { sfuRoomId: ROOM, reason: 'worker_died' });
  await until('the worker to be replaced', () => {
    clock.advance(100);
    return sfu.pool.workers.length === 1;
  });
  assert.ok(!lives(worker.pid));
});

test('a worker that answers after the deadline after all leaves nothing behind', async (t) => {
  const clock = new FakeClock();
  const sfu = await startTestSfu(t, { clock, env: { WORKER_PROBE_INTERVAL_MS: '600000' } });
  const link = await sfu.link();
  await link.request('room:open', { sfuRoomId: ROOM });
  const ann = await TestPeer.open(link, ROOM, 'ann');
  const ben = await TestPeer.open(link, ROOM, 'ben');
  const producerId = await ann.produce();
  const [worker] = sfu.pool.workers;
  assert.ok(worker);
  process.kill(worker.pid, 'SIGSTOP');
  const timeout = { code: 'timeout' };
  const late = [
    assert.rejects(link.request('room:open', { sfuRoomId: 'new' }), timeout),
    assert.rejects(ben.produce(), timeout),
    assert.rejects(ben.consume(producerId), timeout),
    assert.rejects(TestPeer.open(link, ROOM, 'cat'), timeout),
  ];
  await until('the requests to be under way', () => sfu.counts().peers === 3);
  clock.advance(5_000);
  await Promise.all(late);
  process.kill(worker.pid, 'SIGCONT');
  await until('what came late to be undone', async () => {
    const { routers, transports } = await worker.holds();
    return routers === 1 && transports === 4;
  });
  assert.deepEqual(sfu.counts(), {
    ...noMedia(),
    workers: 1,
    rooms: 1,
    routers: 1,
    peers: 2,
    transports: 4,
    producers: 1,
  });
  // And everything can be asked again.
  await ben.produce();
  assert.equal((await ben.consume(producerId)).length, 1);
  await TestPeer.open(link, ROOM, 'cat');
});
