import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ParleyError } from '@parley/shared/protocol';
import { FakeClock } from '@parley/shared/runtime';
import { Patience } from './patience.ts';

const clock = new FakeClock();

test('a server that says when to come back is believed', () => {
  const patience = new Patience({ clock, random: () => 0 });
  assert.equal(patience.waitMs, 0);
  patience.refused(new ParleyError('server_full', undefined, { retryAfterMs: 10_000 }));
  assert.equal(patience.waitMs, 10_000);
  assert.equal(patience.refusalBeyond(10_001), undefined);
  assert.equal(patience.refusalBeyond(5_000)?.code, 'server_full');
  clock.advance(9_999);
  assert.equal(patience.waitMs, 1);
  clock.advance(1_000);
  assert.equal(patience.waitMs, 0);
});

test('one that does not is asked less and less often, until it lets us in', () => {
  const patience = new Patience({ clock, random: () => 0 });
  const waits = Array.from({ length: 5 }, () => {
    patience.refused(new ParleyError('server_shutdown'));
    return patience.waitMs;
  });
  assert.deepEqual(waits, [500, 1_000, 2_000, 4_000, 4_000]);
  patience.admitted();
  assert.equal(patience.waitMs, 0);
  patience.refused(new ParleyError('server_shutdown'));
  assert.equal(patience.waitMs, 500);
});

test('those who are refused together come back one by one, and none too early', () => {
  const waits = [0, 0.5, 0.999].map((value) => new Patience({ clock, random: () => value }).spread(10_000));
  assert.deepEqual(waits, [10_000, 11_000, 11_998]);
});
