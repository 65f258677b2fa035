import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { csrcOf } from './csrc.ts';

test('a CSRC is 32 bits, never 0, and the same wherever it is made', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 64 }), (id) => {
      const csrc = csrcOf(id);
      assert.ok(Number.isInteger(csrc) && csrc > 0 && csrc <= 0xffff_ffff);
      assert.equal(csrcOf(`${id}`), csrc);
    }),
  );
  // Both ends of the wire may be of different builds.
  assert.deepEqual(['', 'ann', 'Zoë', '参加者'].map(csrcOf), [2872998923, 4167177806, 1613964150, 411850392]);
});

test('ids that differ in one character share no CSRC, nor do ten thousand that count up', () => {
  assert.equal(new Set(Array.from({ length: 10_000 }, (_, i) => csrcOf(`participant-${i}`))).size, 10_000);
  const [a, b] = [csrcOf('peer-a'), csrcOf('peer-b')];
  assert.ok(Math.abs(a - b) > 0xffff, 'and lie far apart');
});
