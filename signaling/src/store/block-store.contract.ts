import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { type BlockStore, MAX_BLOCKS } from './block-store.ts';

/** What every store of blocks and reports promises; run by the tests of each. */
export function describeBlockStore(name: string, create: (t: TestContext) => Promise<BlockStore>): void {
  describe(`block store: ${name}`, () => {
    test('a block is the owner’s, listed newest first, and can be taken back', async (t) => {
      const store = await create(t);
      await store.block('ann', 'ben', 1_000);
      await store.block('ann', 'cat', 2_000);
      await store.block('ann', 'ben', 3_000);
      assert.deepEqual(await store.blockedBy('ann'), ['cat', 'ben'], 'once is enough');
      assert.deepEqual(await store.blockedBy('ben'), []);
      await store.unblock('ann', 'cat');
      await store.unblock('ann', 'nobody');
      assert.deepEqual(await store.blockedBy('ann'), ['ben']);
    });

    test('one user blocks so many and no more', async (t) => {
      const store = await create(t);
      // Ten at once: each has a deadline of its own, and a database on a busy machine its time.
      for (let first = 0; first < MAX_BLOCKS; first += 10) {
        const block = (_: unknown, index: number) => store.block('ann', `user-${first + index}`, 1_000 + first + index);
        await Promise.all(Array.from({ length: Math.min(10, MAX_BLOCKS - first) }, block));
      }
      await assert.rejects(store.block('ann', 'ben', 9_000), { code: 'conflict' });
      await store.block('ann', 'user-0', 9_000);
      await store.block('ben', 'ann', 9_000);
      await store.unblock('ann', 'user-0');
      await store.block('ann', 'ben', 9_000);
      assert.equal((await store.blockedBy('ann')).length, MAX_BLOCKS);
    });

    test('reports are kept as they were made, the newest first', async (t) => {
      const store = await create(t);
      const report = { from: 'ann', about: 'ben', roomId: 'match:1', reason: '“rude”\n👎 \\ "', at: 1_764_000_000_000 };
      await store.report(report);
      await store.report({ ...report, about: 'cat', at: report.at + 1 });
      assert.deepEqual(await store.reports(10), [{ ...report, about: 'cat', at: report.at + 1 }, report]);
      assert.equal((await store.reports(1))[0]?.about, 'cat');
    });

    test('odd names are names', async (t) => {
      const store = await create(t);
      const names = ['__proto__', 'a:b', '{x}', '"', '\\', 'é👋', ',', '(a)', '*', '&or=x', 'a.b', '100%', "it's"];
      for (const [index, name] of names.entries()) {
        await store.block(name, 'ann', 1_000);
        await store.block('ann', name, 1_000 + index);
      }
      for (const name of names) assert.deepEqual(await store.blockedBy(name), ['ann'], name);
      assert.deepEqual(await store.blockedBy('ann'), names.toReversed());
      for (const name of names) await store.unblock('ann', name);
      assert.deepEqual(await store.blockedBy('ann'), []);
    });
  });
}
