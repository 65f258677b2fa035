import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock, silentLogger } from '@parley/shared/runtime';
import { FakeWorker } from '../media/fake.ts';
import { WorkerPool } from './pool.ts';
import type { PooledWorker } from './worker.ts';

class FakePooledWorker extends FakeWorker implements PooledWorker {
  hung = false;
  closed = false;
  #died = (_error: Error, _orderly: boolean): void => {};

  onDied(listener: (error: Error, orderly: boolean) => void): void {
    this.#died = listener;
  }

  cpuSeconds(): Promise<number> {
    return this.hung ? Promise.reject(new Error('no answer')) : Promise.resolve(1.5);
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
    clock,
    log: silentLogger,
  });
  const died: number[] = [];
  pool.on('died', (worker) => died.push(worker.index));
  return { clock, started, fail, pool, died };
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

test('a worker that does not answer three probes in a row is killed and replaced', async () => {
  const { clock, pool, started, died } = setUp(1);
  await pool.start();
  const [worker] = started;
  assert.ok(worker);
  const probe = async () => {
    clock.advance(1_000);
    await settle();
  };
  await probe();
  assert.deepEqual(pool.cpu, [{ index: 0, seconds: 1.5 }]);
  worker.hung = true;
  await probe();
  await probe();
  worker.hung = false;
  await probe();
  worker.hung = true;
  await probe();
  await probe();
  assert.deepEqual(died, []);
  await probe();
  assert.deepEqual(died, [0]);
  clock.advance(100);
  await settle();
  assert.equal(pool.workers.length, 1);
  assert.notEqual(pool.workers[0], worker);
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
