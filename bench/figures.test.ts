import { deepEqual, equal, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { figuresOf, table } from './figures.ts';

test('percentiles are values that were measured (nearest rank)', () => {
  const twenty = Array.from({ length: 20 }, (_, n) => n + 1);
  deepEqual(figuresOf(twenty.toReversed()), { p50: 10, p95: 19, max: 20 });
  deepEqual(figuresOf([7.26]), { p50: 7.3, p95: 7.3, max: 7.3 });
  throws(() => figuresOf([]), RangeError);
});

test('a table lines its columns up', () => {
  equal(
    table([
      ['what', 'p50'],
      ['silence', 3],
    ]),
    'what     p50\nsilence    3',
  );
});
