import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NodeState } from '@parley/shared/control';
import { FakeClock } from '@parley/shared/runtime';
import { chooseNode } from './placement.ts';
import { Reservations } from './reservations.ts';

const node = (nodeId: string, more: Partial<NodeState> = {}): NodeState => ({
  ...{ nodeId, url: '', region: '', capacity: 1000, workers: 2, rooms: 0, peers: 0, load: 0, cpu: 0, draining: false },
  ...more,
});

/** Places so many rooms while the nodes say nothing new. */
function burst(reservations: Reservations, states: NodeState[], rooms: number): Record<string, number> {
  const counts: Record<string, number> = {};
  for (let i = 0; i < rooms; i++) {
    const chosen = chooseNode(reservations.onTop(states))?.nodeId ?? 'none';
    counts[chosen] = (counts[chosen] ?? 0) + 1;
    reservations.addRoom(chosen);
  }
  return counts;
}

test('a burst of rooms spreads over the nodes, though none has said anything yet', () => {
  const states = [node('a'), node('b'), node('c', { load: 0.1 })];
  const counts = burst(new Reservations(new FakeClock()), states, 60);
  assert.deepEqual(counts, { a: 23, b: 23, c: 14 });
});

test('what was placed is forgotten once the node must have said it itself', () => {
  const clock = new FakeClock();
  const reservations = new Reservations(clock);
  reservations.addRoom('a');
  reservations.addPeer('a');
  const [held] = reservations.onTop([node('a')]);
  assert.deepEqual([held?.peers, held?.rooms, held?.load], [13, 1, 0.013]);
  clock.advance(3_000);
  assert.deepEqual(reservations.onTop([node('a')]), [node('a')]);
});

test('nobody is kept out for those who are only expected', () => {
  const reservations = new Reservations(new FakeClock());
  for (let i = 0; i < 100; i++) reservations.addRoom('a');
  assert.equal(chooseNode(reservations.onTop([node('a')]))?.nodeId, 'a');
  const [full] = reservations.onTop([node('a', { peers: 1000, load: 1.2 })]);
  assert.deepEqual([full?.peers, full?.load], [1000, 1.2]);
});
