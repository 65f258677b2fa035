import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock, silentLogger } from '@parley/shared/runtime';
import { FakeWorker } from '../media/fake.ts';
import { WorkerPool } from './pool.ts';
import type { PooledWorker } from './worker.ts';

class FakePooledWorker extends FakeWorker implements PooledWorker {
  hung = false;
  seconds = 0;
  /** Answers it owes. */
  readonly owed: ((seconds: number) => void)[] = [];
  closed = false;
  #died = (_error: Error, _orderly: boolean): void => {};

  onDied(listener: (error: Error, orderly: boolean) => void): void {
    this.#died = listener;
  }

  cpuSeconds(): Promise<number> {
    return this.hung ? new Promise((resolve) => this.owed.push(resolve)) : Promise.resolve(this.seconds);
  }

  kill(): void {
    this.#died(new Error('killed'), false);
  }

  /** Somebody told the process to end. */
  obey(): void {
    this.#died(new Error('ended'), true);
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}

/** Lets what has been resolved run: timers of a FakeClock fire synchronously, promises do not. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

function setUp(size: number) {
  const clock = new FakeClock();
  const started: FakePooledWorker[] = [];
  const fail = { next: 0 };
  const busy = { now: false };
  /** By so much the time is ahead of the timers. */
  const overslept = { ms: 0 };
  const pool = new WorkerPool<FakePooledWorker>({
    size,
    start: async (index) => {
      if (fail.next > 0) {
        fail.next--;
        throw new Error('does not start');
      }
      const worker = new FakePooledWorker(index);
      started.push(worker);
      return worker;
    },
    probeIntervalMs: 1_000,
    hungMs: 3_000,
    isBusy: () => busy.now,
    clock: {
      now: () => clock.now() + overslept.ms,
      after: (ms, fn) => clock.after(ms, fn),
      cancel: (timer) => clock.cancel(timer),
    },
    log: silentLogger,
  });
  const died: number[] = [];
  pool.on('died', (worker) => died.push(worker.index));
  return { clock, started, fail, busy, overslept, pool, died };
}

test('starts them all, and none if one does not start', async () => {
  const good = setUp(3);
  await good.pool.start();
  assert.deepEqual(
    good.pool.workers.map(({ index }) => index),
    [0, 1, 2],
  );
  const bad = setUp(3);
  bad.fail.next = 1;
  await assert.rejects(bad.pool.start(), /does not start/);
  assert.deepEqual(bad.pool.workers, []);
  assert.ok(bad.started.every(({ closed }) => closed));
  assert.equal(bad.clock.pending, 0);
});

test('a dead worker is told of at once and replaced in its place, with growing patience', async () => {
  const { clock, pool, died, fail } = setUp(2);
  await pool.start();
  pool.workers[1]?.kill();
  assert.deepEqual(died, [1]);
  assert.equal(pool.deaths, 1);
  assert.deepEqual(
    pool.workers.map(({ index }) => index),
    [0],
  );
  clock.advance(99);
  await settle();
  assert.equal(pool.workers.length, 1);
  fail.next = 2;
  for (const wait of [1, 200, 400]) {
    assert.equal(pool.workers.length, 1);
    clock.advance(wait);
    await settle();
  }
  assert.deepEqual(
    pool.workers.map(({ index }) => index),
    [0, 1],
  );
  await pool.close();
});

function probing({ clock }: { clock: FakeClock }) {
  return async (times: number) => {
    for (let n = 0; n < times; n++) {
      clock.advance(1_000);
      await settle();
    }
  };
}

test('a worker that owes an answer for too long is killed and replaced', async () => {
  const all = setUp(2);
  const { clock, pool, started, died } = all;
  const probe = probing(all);
  await pool.start();
  const [worker] = started;
  assert.ok(worker);
  await probe(1);
  worker.hung = true;
  await probe(3);
  for (const answer of worker.owed.splice(0)) answer(0);
  await settle();
  await probe(3);
  assert.deepEqual(died, [], 'it answered in time');
  await probe(1);
  assert.deepEqual(died, [0]);
  clock.advance(100);
  await settle();
  assert.equal(pool.workers.length, 2);
  assert.notEqual(pool.workers[0], worker);
  await pool.close();
});

test('a worker that does not answer is said to be silent, one that has ended to be down, and how often is kept', async () => {
  const all = setUp(2);
  const { clock, pool, started } = all;
  const probe = probing(all);
  await pool.start();
  const worker = started[1];
  assert.ok(worker);
  const states = () => pool.standings.map(({ state }) => state);
  await probe(1);
  assert.deepEqual(pool.standings, [
    { state: 'up', cpu: 0, deaths: 0 },
    { state: 'up', cpu: 0, deaths: 0 },
  ]);
  worker.hung = true;
  await probe(2);
  assert.deepEqual(states(), ['up', 'up'], 'late by one question is nothing');
  await probe(1);
  assert.deepEqual(states(), ['up', 'silent']);
  for (const answer of worker.owed.splice(0)) answer(0);
  await settle();
  assert.deepEqual(states(), ['up', 'up']);
  worker.kill();
  assert.deepEqual(pool.standings[1], { state: 'down', cpu: 0, deaths: 1 });
  clock.advance(100);
  await settle();
  assert.deepEqual(pool.standings[1], { state: 'up', cpu: 0, deaths: 1 });
  await pool.close();
});

test('one that waits for a CPU is late, not hung; but not for ever', async () => {
  const all = setUp(1);
  const { pool, started, died, busy } = all;
  const probe = probing(all);
  await pool.start();
  const [worker] = started;
  assert.ok(worker);
  busy.now = true;
  worker.hung = true;
  await probe(12);
  assert.deepEqual(died, []);
  await probe(1);
  assert.deepEqual(died, [0]);
  await pool.close();
});

test('what this process overslept is no worker’s silence', async () => {
  const all = setUp(1);
  const { pool, started, died, overslept } = all;
  const probe = probing(all);
  await pool.start();
  const [worker] = started;
  assert.ok(worker);
  worker.hung = true;
  await probe(1);
  // A laptop's lid, or a long collection of garbage: the answer is there, but not read yet.
  overslept.ms = 600_000;
  await probe(1);
  worker.hung = false;
  for (const answer of worker.owed.splice(0)) answer(0);
  await settle();
  await probe(5);
  assert.deepEqual(died, []);
  await pool.close();
});

test('the share of a CPU a worker uses follows what it has used, smoothed', async () => {
  const all = setUp(2);
  const { pool, started } = all;
  const probe = probing(all);
  await pool.start();
  const [first, second] = started;
  assert.ok(first && second);
  for (let n = 0; n < 40; n++) {
    first.seconds += 0.5;
    await probe(1);
  }
  assert.ok(Math.abs(pool.cpuOf(first) - 0.5) < 0.01, `${pool.cpuOf(first)}`);
  assert.equal(pool.cpuOf(second), 0);
  assert.ok(Math.abs(pool.cpuShare - 0.25) < 0.01);
  assert.deepEqual(pool.cpu, [
    { index: 0, seconds: 20 },
    { index: 1, seconds: 0 },
  ]);
  await pool.close();
});

test('closing ends workers, probes and respawns; what dies then is nobody’s business', async () => {
  const { clock, pool, started, died } = setUp(2);
  await pool.start();
  started[0]?.kill();
  const closing = pool.close();
  started[1]?.kill();
  await closing;
  await pool.close();
  assert.deepEqual(died, [0]);
  assert.equal(clock.pending, 0);
  assert.deepEqual(pool.workers, []);
});

test('workers that end when the end is expected are not missed', async () => {
  const { clock, pool, started, died } = setUp(2);
  await pool.start();
  pool.expectEnd();
  for (const worker of started) worker.kill();
  assert.deepEqual(died, []);
  assert.equal(pool.deaths, 0);
  assert.equal(clock.pending, 0);
  await pool.close();
});

test('a worker that ends in good order is missed only if no shutdown follows: Ctrl-C reaches it first', async () => {
  const { clock, pool, died, started } = setUp(2);
  await pool.start();
  started[0]?.obey();
  assert.deepEqual(died, []);
  clock.advance(250);
  assert.deepEqual(died, [0], 'nothing followed');

  started[1]?.obey();
  pool.expectEnd();
  clock.advance(250);
  assert.deepEqual(died, [0]);
  await pool.close();
});
