import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { DepartureStore } from './departure-store.ts';

/** What every departure store promises; run by the tests of each. */
export function describeDepartureStore(name: string, create: (t: TestContext) => Promise<DepartureStore>): void {
  describe(`departure store: ${name}`, () => {
    test('knows who has left, however often it is told, and nobody else', async (t) => {
      const store = await create(t);
      await store.add('ann');
      await store.add('ann');
      assert.deepEqual([await store.has('ann'), await store.has('ben'), await store.has('an')], [true, false, false]);
    });
  });
}
