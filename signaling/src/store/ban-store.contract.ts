import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { FakeClock } from '@parley/shared/runtime';
import { type BanStore, banned, ended } from './ban-store.ts';

/** What every ban store promises; run by the tests of each. The clock is the node's, and starts at the present. */
export function describeBanStore(name: string, create: (t: TestContext, clock: FakeClock) => Promise<BanStore>): void {
  const setUp = async (t: TestContext) => {
    const clock = new FakeClock(Date.now());
    return { clock, store: await create(t, clock) };
  };

  describe(`ban store: ${name}`, () => {
    test('nobody is banned to begin with', async (t) => {
      const { store } = await setUp(t);
      assert.equal(await store.until(banned('lobby', 'ann')), null);
    });

    test('a ban holds until its time, and not a moment longer', async (t) => {
      const { store, clock } = await setUp(t);
      const until = clock.now() + 60_000;
      await store.set(banned('lobby', 'ann'), until);
      assert.equal(await store.until(banned('lobby', 'ann')), until);
      clock.advance(59_999);
      assert.equal(await store.until(banned('lobby', 'ann')), until);
      clock.advance(1);
      assert.equal(await store.until(banned('lobby', 'ann')), null);
    });

    test('a ban said again replaces the one before, longer, shorter, or over at once', async (t) => {
      const { store, clock } = await setUp(t);
      const subject = banned('lobby', 'ann');
      for (const ms of [60_000, 120_000, 30_000]) {
        await store.set(subject, clock.now() + ms);
        assert.equal(await store.until(subject), clock.now() + ms);
      }
      await store.set(subject, clock.now());
      assert.equal(await store.until(subject), null);
      await store.set(subject, 0);
      assert.equal(await store.until(subject), null);
    });

    test('subjects are apart, whatever they are called', async (t) => {
      const { store, clock } = await setUp(t);
      const names = ['a', 'A', 'a:b', 'a b', '__proto__', 'constructor', '{a}', '\u00e4', 'a\u0308', '👋', '*', ''];
      const subjects = [...names.flatMap((one) => names.map((other) => banned(one, other))), ...names.map(ended)];
      assert.equal(new Set(subjects).size, subjects.length);
      for (const [i, subject] of subjects.entries()) await store.set(subject, clock.now() + 100_000 + i);
      for (const [i, subject] of subjects.entries()) {
        assert.equal(await store.until(subject), clock.now() + 100_000 + i, subject);
      }
    });
  });
}
