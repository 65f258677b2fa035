import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock, silentLogger } from '@parley/shared/runtime';
import { Relocation } from './relocation.ts';

function setUp() {
  const clock = new FakeClock();
  const told: unknown[] = [];
  const node = { clients: 3 };
  const relocation = new Relocation({
    audience: { announce: (name, event) => void told.push([name, event]) },
    connections: () => node.clients,
    clock,
    logger: silentLogger,
    drainMs: 10_000,
  });
  let drained = false;
  const drain = () =>
    void relocation.drain().then(() => {
      drained = true;
    });
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 50) {
      clock.advance(50);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { relocation, told, node, clock, drain, pass, isDrained: () => drained };
}

const move = ['session:move', { withinMs: 5_000 }];

test('a node that drains takes nobody, tells everyone to move, and waits until they have', async () => {
  const { relocation, told, node, drain, pass, isDrained } = setUp();
  assert.equal(relocation.isTaking, true);
  drain();
  drain();
  assert.equal(relocation.isTaking, false);
  assert.deepEqual(told, [move]);
  await pass(4_000);
  node.clients = 1;
  await pass(1_000);
  assert.equal(isDrained(), false);
  node.clients = 0;
  await pass(100);
  assert.equal(isDrained(), true);
  assert.equal(relocation.isTaking, false);
});

test('who does not move is waited for no longer than that', async () => {
  const { drain, pass, isDrained } = setUp();
  drain();
  await pass(9_900);
  assert.equal(isDrained(), false);
  await pass(200);
  assert.equal(isDrained(), true);
});

test('nobody to move, nothing to wait for', async () => {
  const { node, drain, pass, isDrained } = setUp();
  node.clients = 0;
  drain();
  await pass(50);
  assert.equal(isDrained(), true);
});

test('a node that is cut off sends its clients away, once in a while, and takes people again when it is not', async () => {
  const { relocation, told, clock } = setUp();
  for (let i = 0; i < 9; i++) {
    relocation.moveEveryone();
    assert.equal(relocation.isTaking, false);
    clock.advance(1_000);
  }
  assert.deepEqual(told, [move]);
  clock.advance(1_000);
  relocation.moveEveryone();
  assert.deepEqual(told, [move, move]);
  clock.advance(4_999);
  assert.equal(relocation.isTaking, false);
  clock.advance(1);
  assert.equal(relocation.isTaking, true);
});
