import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NodeState } from '@parley/shared/control';
import { chooseNode } from './placement.ts';

function node(nodeId: string, more: Partial<NodeState> = {}): NodeState {
  const state = { url: '', region: '', capacity: 100, workers: 2, rooms: 0, peers: 0, load: 0, cpu: 0 };
  return { nodeId, ...state, draining: false, ...more };
}

test('without a node there is none to choose', () => {
  assert.equal(chooseNode([]), undefined);
});

test('nodes that drain, have no worker, or are full take nothing', () => {
  const unfit = [
    node('a', { draining: true }),
    node('b', { workers: 0 }),
    node('c', { peers: 100 }),
    node('d', { capacity: 0 }),
  ];
  assert.equal(chooseNode(unfit), undefined);
  assert.equal(chooseNode([...unfit, node('e', { peers: 99 })])?.nodeId, 'e');
});

test('the smallest share of capacity in use wins, not the smallest number', () => {
  assert.equal(
    chooseNode([node('small', { capacity: 10, peers: 5 }), node('large', { capacity: 1000, peers: 50 })])?.nodeId,
    'large',
  );
});

test('ties go to the node with fewer rooms, then to the first by id, whatever the order', () => {
  const nodes = [node('b'), node('c', { rooms: 1 }), node('a', { rooms: 1 })];
  assert.equal(chooseNode(nodes)?.nodeId, 'b');
  assert.equal(chooseNode(nodes.slice(1))?.nodeId, 'a');
  assert.equal(chooseNode(nodes.slice(1).reverse())?.nodeId, 'a');
});

test('the list is left as it was', () => {
  const nodes = [node('b', { peers: 1 }), node('a')];
  chooseNode(nodes);
  assert.deepEqual(
    nodes.map(({ nodeId }) => nodeId),
    ['b', 'a'],
  );
});
