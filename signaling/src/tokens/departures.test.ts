import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@parley/shared/runtime';
import { Departures } from './departures.ts';

test('remembers who left for as long as their token would live', () => {
  const clock = new FakeClock();
  const departures = new Departures({ clock, lifetimeMs: 1000, max: 10 });
  departures.add('ann');
  assert.ok(departures.has('ann') && !departures.has('ben'));
  clock.advance(1000);
  assert.ok(!departures.has('ann'));
  departures.add('ben');
  assert.equal(departures.size, 1, 'what has ended takes no memory');
});

test('forgets the oldest first when there are too many', () => {
  const departures = new Departures({ clock: new FakeClock(), lifetimeMs: 1000, max: 2 });
  for (const id of ['ann', 'ben', 'ann', 'cal']) departures.add(id);
  assert.deepEqual(
    ['ann', 'ben', 'cal'].map((id) => departures.has(id)),
    [true, false, true],
  );
});
