import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@parley/shared/runtime';
import { describeBanStore } from '../ban-store.contract.ts';
import { MemoryBanStore } from './ban-store.ts';

describeBanStore('memory', async (_t, clock) => new MemoryBanStore({ clock }));

test('bans that are over take no memory, and there are never too many', async () => {
  const clock = new FakeClock();
  const store = new MemoryBanStore({ clock, max: 3 });
  for (const subject of ['a', 'b', 'c', 'd']) await store.set(subject, clock.now() + 1_000);
  assert.equal(store.size, 3);
  assert.equal(await store.until('a'), null);
  clock.advance(1_000);
  await store.set('e', clock.now() + 1_000);
  assert.equal(store.size, 1);
});
