import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inMinutes } from './time.ts';

test('writes a waiting time as a clock does', () => {
  assert.deepEqual([0, 999, 7_400, 60_000, 750_000, -5].map(inMinutes), [
    '0:00',
    '0:00',
    '0:07',
    '1:00',
    '12:30',
    '0:00',
  ]);
});
