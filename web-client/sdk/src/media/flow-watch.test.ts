import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@parley/shared/runtime';
import { FlowWatch } from './flow-watch.ts';

function setUp() {
  const clock = new FakeClock();
  const state = { packets: 0 as number | null, isExpected: true, said: [] as string[] };
  const watch = new FlowWatch({
    packets: async () => state.packets,
    isExpected: () => state.isExpected,
    onStalled: () => state.said.push('stalled'),
    onFlowing: () => state.said.push('flowing'),
    clock,
  });
  /** So many looks, each with the packets there are then. */
  const look = async (...packets: (number | null)[]) => {
    for (const count of packets) {
      state.packets = count;
      clock.advance(2_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    return state.said.splice(0);
  };
  return { watch, look, state, clock };
}

test('no packet for 6 s where some came before is said once, until they come again', async () => {
  const { look } = setUp();
  assert.deepEqual(await look(10), ['flowing']);
  assert.deepEqual(await look(10, 10), []);
  assert.deepEqual(await look(10), ['stalled']);
  assert.deepEqual(await look(10, 10, 10, 10), []);
  assert.deepEqual(await look(11, 11, 11, 11), ['flowing', 'stalled']);
});

test('where nothing ever came, nothing is missed', async () => {
  const { look } = setUp();
  assert.deepEqual(await look(0, 0, 0, 0, 0), []);
});

test('who is muted, or leaves, is not missed', async () => {
  const { look, state } = setUp();
  await look(10, 10, 10);
  state.isExpected = false;
  await look(10);
  state.isExpected = true;
  assert.deepEqual(await look(10, 10), [], 'the count begins anew');
  assert.deepEqual(await look(4, 4), [], 'someone who left took their packets along');
  assert.deepEqual(await look(null, 4, 4), [], 'while ICE is down it has its own alarm');
  assert.deepEqual(await look(4), ['stalled']);
});

test('closed, it looks no more', async () => {
  const { look, watch, clock } = setUp();
  await look(1);
  watch.close();
  assert.deepEqual([await look(2), clock.pending], [[], 0]);
});
