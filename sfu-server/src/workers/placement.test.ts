import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextFailures, respawnDelay } from './backoff.ts';
import { placeRoom } from './placement.ts';

test('a room goes where the least peers are, then the least rooms, then to the first', () => {
  const place = (...loads: [peers: number, rooms: number][]) =>
    placeRoom(loads.map(([peers, rooms], index) => ({ index, peers, rooms })))?.index;
  assert.equal(place(), undefined);
  assert.equal(place([5, 1]), 0);
  assert.equal(place([5, 1], [4, 9], [6, 0]), 1);
  assert.equal(place([0, 2], [0, 1], [0, 1]), 1);
  assert.equal(place([3, 3], [3, 3]), 0);
});

test('respawning waits longer each time, but never long, and starts over after a settled life', () => {
  assert.deepEqual([1, 2, 3, 4].map(respawnDelay), [100, 200, 400, 800]);
  assert.equal(respawnDelay(8), 10_000);
  assert.equal(respawnDelay(10_000), 10_000);
  assert.equal(nextFailures(5, 0), 6);
  assert.equal(nextFailures(5, 59_999), 6);
  assert.equal(nextFailures(5, 60_000), 1);
});
