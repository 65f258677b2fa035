import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@parley/shared/runtime';
import { loadPart } from './parts.ts';

const settle = () => new Promise((resolve) => setImmediate(resolve));

test('a part that does not come at once is asked for again, later', async () => {
  const clock = new FakeClock();
  let asked = 0;
  const part = loadPart(async () => {
    asked++;
    if (asked === 1) throw new TypeError('Failed to fetch');
    // The second answer never comes.
    return asked === 2 ? await new Promise<never>(() => {}) : 'here';
  }, clock);
  for (const ms of [299, 1]) {
    await settle();
    assert.equal(asked, 1);
    clock.advance(ms);
  }
  await settle();
  assert.equal(asked, 2);
  clock.advance(10_000);
  await settle();
  clock.advance(1_000);
  assert.equal(await part, 'here');
  assert.deepEqual([asked, clock.pending], [3, 0]);
});

test('a part that does not come at all is given up', async () => {
  const clock = new FakeClock();
  let asked = 0;
  const part = loadPart(async () => {
    asked++;
    throw new TypeError('Failed to fetch');
  }, clock);
  const failed = assert.rejects(part, { code: 'connection_lost' });
  for (const ms of [300, 1_000, 3_000]) {
    await settle();
    clock.advance(ms);
  }
  await failed;
  assert.deepEqual([asked, clock.pending], [4, 0]);
});
