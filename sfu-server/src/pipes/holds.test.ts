import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@parley/shared/runtime';
import { Pipes } from './pipes.ts';
import type { Carriage, Place } from './place.ts';

const NOT_FOUND = { code: 'not_found' };
const LINGER_MS = 1_000;

class FakeCarriage implements Carriage {
  closed = false;
  #listeners: (() => void)[] = [];

  onClosed(listener: () => void): void {
    this.#listeners.push(listener);
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    for (const listener of this.#listeners) listener();
  }
}

/** A place whose carriages come when the test says so. */
class FakePlace implements Place {
  readonly where: { worker: number };
  closed = false;
  readonly carriages: FakeCarriage[] = [];
  #gate = Promise.resolve();

  constructor(worker: number) {
    this.where = { worker };
  }

  /** Keeps what is brought back, until the function that is returned is called. */
  pause(): () => void {
    let open = () => {};
    this.#gate = new Promise((resolve) => {
      open = resolve;
    });
    return open;
  }

  toHub(): Promise<Carriage> {
    return this.#carry();
  }

  fromHub(): Promise<Carriage> {
    return this.#carry();
  }

  async #carry(): Promise<Carriage> {
    await this.#gate;
    const carriage = new FakeCarriage();
    this.carriages.push(carriage);
    return carriage;
  }
}

function setUp() {
  const clock = new FakeClock();
  const [hub, first, second] = [new FakePlace(0), new FakePlace(1), new FakePlace(2)];
  const origins = new Map<string, Place>([['voice', first]]);
  const pipes = new Pipes({ hub, originOf: (id) => origins.get(id), lingerMs: LINGER_MS, clock });
  const open = () => [first, second].map(({ carriages }) => carriages.filter(({ closed }) => !closed).length);
  return { clock, hub, first, second, origins, pipes, open };
}

test('where a producer is made it is held without more ado', async () => {
  const { pipes, first, open, clock } = setUp();
  (await pipes.hold('voice', first)).release();
  assert.deepEqual(open(), [0, 0]);
  assert.equal(clock.pending, 0);
});

test('from one place to another it goes through the hub, as long as somebody holds it there', async () => {
  const { pipes, hub, second, open, clock } = setUp();
  const [there, there2] = await Promise.all([pipes.hold('voice', second), pipes.hold('voice', second)]);
  const atHub = await pipes.hold('voice', hub);
  assert.deepEqual(open(), [1, 1]);
  there.release();
  there.release();
  clock.advance(LINGER_MS);
  assert.deepEqual(open(), [1, 1], 'released twice is released once');
  there2.release();
  clock.advance(LINGER_MS - 1);
  assert.deepEqual(open(), [1, 1]);
  clock.advance(1);
  assert.deepEqual(open(), [1, 0]);
  atHub.release();
  clock.advance(LINGER_MS);
  assert.deepEqual(open(), [0, 0]);
  assert.equal(clock.pending, 0);
});

test('what nobody holds at the hub any more goes when it is no longer passed on either', async () => {
  const { pipes, second, open, clock } = setUp();
  (await pipes.hold('voice', second)).release();
  clock.advance(LINGER_MS);
  assert.deepEqual(open(), [1, 0]);
  clock.advance(LINGER_MS);
  assert.deepEqual(open(), [0, 0]);
});

test('a producer that closes while it is brought is not held, and what comes late is closed', async () => {
  for (const late of ['first', 'second'] as const) {
    const all = setUp();
    const release = all[late].pause();
    const holding = all.pipes.hold('voice', all.second);
    await new Promise((resolve) => setImmediate(resolve));
    all.origins.delete('voice');
    all.pipes.producerClosed('voice');
    release();
    await assert.rejects(holding, NOT_FOUND);
    assert.deepEqual(all.open(), [0, 0]);
    assert.equal(all.clock.pending, 0);
    await assert.rejects(all.pipes.hold('voice', all.second), NOT_FOUND);
  }
});

test('what ends on its own, like the pipe it goes through, is brought anew for the next who asks', async () => {
  const { pipes, hub, first, open } = setUp();
  const hold = await pipes.hold('voice', hub);
  first.carriages[0]?.close();
  hold.release();
  await pipes.hold('voice', hub);
  assert.deepEqual(open(), [1, 0]);
  assert.equal(first.carriages.length, 2);
});

test('closed, it brings nothing more, and what is on its way does not come', async () => {
  const { pipes, second, open, clock } = setUp();
  const release = second.pause();
  const holding = pipes.hold('voice', second);
  await new Promise((resolve) => setImmediate(resolve));
  pipes.close();
  release();
  await assert.rejects(holding, NOT_FOUND);
  await assert.rejects(pipes.hold('voice', second), NOT_FOUND);
  assert.deepEqual(open(), [0, 0]);
  assert.equal(clock.pending, 0);
});
