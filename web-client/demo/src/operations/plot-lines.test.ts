import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lineThrough, place, scaleEnd } from './plot-lines.ts';

const frame = { from: 0, to: 100, low: 1, high: 5 };

test('time goes right, more goes up, and what is beyond the scale stays at its edge', () => {
  assert.deepEqual(place({ at: 0, value: 1 }, frame), { x: 0, y: 1000 });
  assert.deepEqual(place({ at: 100, value: 5 }, frame), { x: 1000, y: 0 });
  assert.deepEqual(place({ at: 50, value: 9 }, frame), { x: 500, y: 0 });
  assert.deepEqual(place({ at: 50, value: -9 }, frame), { x: 500, y: 1000 });
});

test('a line is broken where nothing came for long, and nothing outside the frame is drawn', () => {
  const dots = [-10, 0, 10, 50, 60, 110].map((at) => ({ at, value: 3 }));
  assert.equal(lineThrough(dots, frame, 20), 'M0 500h0L100 500M500 500h0L600 500');
  assert.equal(lineThrough([], frame, 20), '');
});

test('dots can stand for themselves', () => {
  const dots = [10, 20].map((at) => ({ at, value: 3 }));
  assert.equal(lineThrough(dots, frame, -1), 'M100 500h0M200 500h0');
});

test('a scale ends at a round number that all values fit under', () => {
  assert.deepEqual([[], [0], [12], [20], [21], [700_000]].map(scaleEnd), [20, 20, 20, 20, 50, 700_000]);
});
