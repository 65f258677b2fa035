import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@parley/shared/runtime';
import { Announcer } from './announcer.ts';

test('the first change is told at once, those soon after it together', () => {
  const clock = new FakeClock();
  let told = 0;
  const announcer = new Announcer({ clock, ms: 250, announce: () => told++ });
  announcer.changed();
  assert.equal(told, 1);
  announcer.changed();
  clock.advance(100);
  announcer.changed();
  assert.equal(told, 1);
  clock.advance(150);
  assert.equal(told, 2);
  clock.advance(1_000);
  assert.equal(told, 2);
  announcer.changed();
  announcer.changed();
  announcer.now();
  assert.equal(told, 4);
  announcer.changed();
  announcer.stop();
  assert.equal(clock.pending, 0);
});
