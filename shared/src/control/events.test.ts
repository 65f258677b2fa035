import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as v from 'valibot';
import { type NodeState, NodeStateSchema, WORKERS_MAX, type WorkerState } from './events.ts';

const WORKER: WorkerState = { state: 'up', load: 0.5, cpu: 0.25, peers: 3, deaths: 0 };
const STATE: NodeState = {
  ...{ nodeId: 'sfu-1', url: 'http://sfu-1:4000', region: 'north', capacity: 100, workers: 1, rooms: 1, peers: 3 },
  ...{ load: 0.25, cpu: 0.25, draining: false },
};

test('a node says how each of its workers is, or, being of an older version, does not', () => {
  const pool: WorkerState[] = [WORKER, { ...WORKER, state: 'down' }, { ...WORKER, state: 'silent' }];
  assert.deepEqual(v.parse(NodeStateSchema, { ...STATE, pool }), { ...STATE, pool });
  assert.deepEqual(v.parse(NodeStateSchema, STATE), STATE);
});

test('what a node of a newer version says besides is passed over', () => {
  const state = { ...STATE, mood: 'good', pool: [{ ...WORKER, age: 7 }] };
  assert.deepEqual(v.parse(NodeStateSchema, state), { ...STATE, pool: [WORKER] });
});

test('a pool that cannot be is as one not said, and the node is there', () => {
  const pools: unknown[] = [
    null,
    'many',
    { 0: WORKER, length: 1 },
    [null],
    Array.from({ length: WORKERS_MAX + 1 }, () => WORKER),
    ...[
      { state: 'asleep' },
      { state: undefined },
      { load: Number.NaN },
      { load: Number.POSITIVE_INFINITY },
      { load: -0.1 },
      { cpu: 101 },
      { cpu: '1' },
      { peers: 1.5 },
      { peers: -1 },
      { deaths: null },
    ].map((lie) => [WORKER, { ...WORKER, ...lie }]),
  ];
  for (const pool of pools) {
    const { pool: kept, ...state } = v.parse(NodeStateSchema, { ...STATE, pool });
    assert.equal(kept, undefined, JSON.stringify(pool)?.slice(0, 100));
    assert.deepEqual(state, STATE);
  }
});

test('the state of a node with all the workers it may have is short enough to be told four times a second', () => {
  const pool: WorkerState[] = Array.from({ length: WORKERS_MAX }, () => ({
    ...{ state: 'silent', load: 12.34, cpu: 0.99, peers: 1_000, deaths: 100 },
  }));
  assert.ok(JSON.stringify({ ...STATE, pool }).length < 20_000);
  assert.equal(v.parse(NodeStateSchema, { ...STATE, pool }).pool?.length, WORKERS_MAX);
});
