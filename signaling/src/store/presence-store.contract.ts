import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { PresenceChange, PresenceStore, StoredPresence } from './presence-store.ts';

const page = (version: number, users: StoredPresence['users'], incarnation = 'one'): StoredPresence => ({
  incarnation,
  version,
  users,
});
const write = (from: [version: number, count: number], to: number, changes: PresenceChange[], incarnation = 'one') => ({
  incarnation,
  from: { version: from[0], count: from[1] },
  to,
  changes,
});

/** What every presence store promises; run by the tests of each. */
export function describePresenceStore(name: string, create: (t: TestContext) => Promise<PresenceStore>): void {
  describe(`presence store: ${name}`, () => {
    const read = async (store: PresenceStore, nodeId = 'a') => {
      const stored = await store.read(nodeId);
      return stored && { ...stored, users: Object.fromEntries(stored.users) };
    };

    test('a node that has laid down nothing reads as null, and cannot be carried on', async (t) => {
      const store = await create(t);
      assert.equal(await store.read('a'), null);
      assert.equal(await store.write('a', write([0, 0], 1, [['ann', []]])), false);
      assert.equal(await store.read('a'), null);
    });

    test('what is laid down is read, and carried on', async (t) => {
      const store = await create(t);
      await store.replace(
        'a',
        page(3, [
          ['ann', ['lobby']],
          ['ben', []],
        ]),
      );
      assert.deepEqual(await read(store), { incarnation: 'one', version: 3, users: { ann: ['lobby'], ben: [] } });
      const changes: PresenceChange[] = [
        ['ann', ['attic', 'lobby']],
        ['ben', null],
        ['nobody', null],
        ['cal', []],
      ];
      assert.equal(await store.write('a', write([3, 2], 5, changes)), true);
      const users = { ann: ['attic', 'lobby'], cal: [] };
      assert.deepEqual(await read(store), { incarnation: 'one', version: 5, users });
    });

    test('without changes it says whether all is there', async (t) => {
      const store = await create(t);
      await store.replace('a', page(3, [['ann', []]]));
      assert.equal(await store.write('a', write([3, 1], 3, [])), true);
      assert.equal(await store.write('a', write([3, 2], 3, [])), false);
      assert.equal(await store.write('a', write([2, 1], 3, [])), false);
      assert.equal(await store.write('a', write([3, 1], 3, [], 'two')), false);
    });

    test('a write that does not fit changes nothing', async (t) => {
      const store = await create(t);
      await store.replace('a', page(3, [['ann', []]]));
      assert.equal(await store.write('a', write([4, 1], 5, [['ben', []]])), false);
      assert.equal(await store.write('a', write([3, 1], 4, [['ben', []]], 'two')), false);
      assert.deepEqual(await read(store), { incarnation: 'one', version: 3, users: { ann: [] } });
    });

    test('what is laid down anew leaves nothing of what was there', async (t) => {
      const store = await create(t);
      await store.replace(
        'a',
        page(3, [
          ['ann', []],
          ['ben', []],
        ]),
      );
      await store.replace('a', page(1, [['cal', ['lobby']]], 'two'));
      assert.deepEqual(await read(store), { incarnation: 'two', version: 1, users: { cal: ['lobby'] } });
      await store.replace('a', page(0, [], 'three'));
      assert.deepEqual(await read(store), { incarnation: 'three', version: 0, users: {} });
      assert.equal(await store.write('a', write([0, 0], 1, [['ann', []]], 'three')), true);
    });

    test('nodes are apart, and names may be anything', async (t) => {
      const store = await create(t);
      const names = ['a', 'a:b', '{a}', '__proto__', 'constructor', 'ä', '👋', '"', '*', ' '];
      const users = names.map((it): [string, string[]] => [it, ['lobby']]);
      for (const [version, nodeId] of names.entries()) await store.replace(nodeId, page(version, users));
      for (const [version, nodeId] of names.entries()) {
        const stored = await store.read(nodeId);
        assert.equal(stored?.version, version, nodeId);
        assert.deepEqual(new Map(stored?.users), new Map(users));
      }
    });

    test('many users are one page', async (t) => {
      const store = await create(t);
      const users = Array.from({ length: 5_000 }, (_, i): [string, string[]] => [`user-${i}`, ['lobby']]);
      await store.replace('a', page(1, users));
      assert.equal((await store.read('a'))?.users.length, 5_000);
      const changes = users.slice(0, 2_000).map(([userId]): PresenceChange => [userId, null]);
      assert.equal(await store.write('a', write([1, 5_000], 2, changes)), true);
      assert.equal((await store.read('a'))?.users.length, 3_000);
    });
  });
}
