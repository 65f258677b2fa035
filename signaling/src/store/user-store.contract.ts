import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { Holder, UserStore } from './user-store.ts';

const holder = (name: string, nodeId = 'node-1'): Holder => ({
  nodeId,
  sessionId: `session-${name}`,
  instance: `instance-${name}`,
});

/** What every user store promises; run by the tests of each. */
export function describeUserStore(name: string, create: (t: TestContext) => Promise<UserStore>): void {
  describe(`user store: ${name}`, () => {
    test('nobody holds a place that was never claimed', async (t) => {
      const store = await create(t);
      assert.equal(await store.find('ann'), null);
      assert.equal(await store.release('ann', 'session-a'), false);
    });

    test('the newest claim has the place, and is told whose it was', async (t) => {
      const store = await create(t);
      const first = await store.claim('ann', holder('a'));
      assert.equal(first.previous, null);
      assert.deepEqual(await store.find('ann'), { ...holder('a'), epoch: first.epoch });
      const second = await store.claim('ann', holder('b', 'node-2'));
      assert.deepEqual(second.previous, { ...holder('a'), epoch: first.epoch });
      assert.ok(second.epoch > first.epoch);
      assert.deepEqual(await store.find('ann'), { ...holder('b', 'node-2'), epoch: second.epoch });
    });

    test('epochs count up however fast claims come; each sees exactly the one before it', async (t) => {
      const store = await create(t);
      const names = Array.from({ length: 40 }, (_, i) => `c${i}`);
      const claims = await Promise.all(names.map((it) => store.claim('ann', holder(it))));
      const inOrder = claims
        .map((claim, i) => ({ ...claim, sessionId: `session-c${i}` }))
        .sort((a, b) => a.epoch - b.epoch);
      assert.equal(new Set(claims.map(({ epoch }) => epoch)).size, names.length);
      for (const [i, { previous }] of inOrder.entries()) {
        assert.equal(previous?.sessionId, inOrder[i - 1]?.sessionId);
      }
    });

    test('a claim repeated by the same connection replaces nobody', async (t) => {
      const store = await create(t);
      const { epoch } = await store.claim('ann', holder('a'));
      const again = await store.claim('ann', holder('a'));
      assert.equal(again.previous, null);
      assert.ok(again.epoch > epoch);
    });

    test('only who has the place gives it up', async (t) => {
      const store = await create(t);
      await store.claim('ann', holder('a'));
      const { epoch } = await store.claim('ann', holder('b'));
      assert.equal(await store.release('ann', 'session-a'), false);
      assert.deepEqual(await store.find('ann'), { ...holder('b'), epoch });
      assert.equal(await store.release('ann', 'session-b'), true);
      assert.equal(await store.find('ann'), null);
    });

    test('users are apart, whatever they are called', async (t) => {
      const store = await create(t);
      const ids = ['a', 'A', 'a:b', 'guest:a', '{a}', '}a{', '__proto__', 'ä', '👋', 'x'.repeat(128)];
      for (const id of ids) await store.claim(id, holder(id));
      for (const id of ids) assert.equal((await store.find(id))?.sessionId, `session-${id}`);
    });

    test('a place that was lost is taken again by who had it', async (t) => {
      const store = await create(t);
      const { epoch } = await store.claim('ann', holder('a'));
      await store.release('ann', 'session-a');
      assert.deepEqual(await store.reassert('ann', { ...holder('a'), epoch }), { held: true, previous: null });
      assert.deepEqual(await store.find('ann'), { ...holder('a'), epoch });
      assert.deepEqual(await store.reassert('ann', { ...holder('a'), epoch }), { held: true, previous: null });
    });

    test('of two that tell it again, the newer has the place, whichever comes first', async (t) => {
      const store = await create(t);
      const older = { ...holder('a'), epoch: 100 };
      const newer = { ...holder('b', 'node-2'), epoch: 101 };
      assert.deepEqual(await store.reassert('ann', older), { held: true, previous: null });
      assert.deepEqual(await store.reassert('ann', newer), { held: true, previous: older });
      assert.deepEqual(await store.reassert('ann', older), { held: false, by: newer });
      assert.deepEqual(await store.find('ann'), newer);
      const tied = { ...holder('c'), epoch: 101 };
      assert.deepEqual(await store.reassert('ann', tied), { held: true, previous: newer });
      assert.deepEqual(await store.reassert('ann', newer), { held: false, by: tied });
    });

    test('a claim after it comes later than what was told again', async (t) => {
      const store = await create(t);
      const far = Date.now() + 3_600_000;
      await store.reassert('ann', { ...holder('a'), epoch: far });
      const { epoch, previous } = await store.claim('ann', holder('b'));
      assert.equal(epoch, far + 1);
      assert.equal(previous?.sessionId, 'session-a');
    });
  });
}
