import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@parley/shared/runtime';
import { describeDepartureStore } from '../departure-store.contract.ts';
import { MemoryDepartureStore } from './departure-store.ts';

describeDepartureStore('memory', async () => new MemoryDepartureStore({ clock: new FakeClock(), lifetimeMs: 1_000 }));

test('remembers who left for as long as their token would live', async () => {
  const clock = new FakeClock();
  const store = new MemoryDepartureStore({ clock, lifetimeMs: 1_000 });
  await store.add('ann');
  clock.advance(999);
  assert.ok(await store.has('ann'));
  clock.advance(1);
  assert.ok(!(await store.has('ann')));
  await store.add('ben');
  assert.equal(store.size, 1, 'what has ended takes no memory');
});

test('forgets the oldest first when there are too many', async () => {
  const store = new MemoryDepartureStore({ clock: new FakeClock(), lifetimeMs: 1_000, max: 2 });
  for (const id of ['ann', 'ben', 'ann', 'cal']) await store.add(id);
  assert.deepEqual(await Promise.all(['ann', 'ben', 'cal'].map((id) => store.has(id))), [true, false, true]);
});
