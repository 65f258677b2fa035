import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { blankRoom, type RoomState } from '../rooms/index.ts';
import type { RoomChange, RoomStore } from './room-store.ts';

/** What every room store promises; run by the tests of each. */
export function describeRoomStore(name: string, create: (t: TestContext) => Promise<RoomStore>): void {
  describe(`room store: ${name}`, () => {
    test('an unknown room reads as null and counts for nothing', async (t) => {
      const store = await create(t);
      assert.equal(await store.read('lobby'), null);
      assert.equal(await store.count(), 0);
      assert.deepEqual(await store.ids(), []);
    });

    test('what an update answers is stored and returned', async (t) => {
      const store = await create(t);
      const answer = await store.update('lobby', (state) => {
        assert.equal(state, null);
        return { state: room('lobby', 3), extra: 'kept' };
      });
      assert.equal(answer.extra, 'kept');
      assert.deepEqual(await store.read('lobby'), room('lobby', 3));
    });

    test('an update sees what the one before it stored', async (t) => {
      const store = await create(t);
      await store.update('lobby', () => ({ state: room('lobby', 1) }));
      const { state } = await store.update('lobby', (before) => ({ state: room('lobby', (before?.seq ?? 0) + 1) }));
      assert.equal(state?.seq, 2);
    });

    test('null removes the room', async (t) => {
      const store = await create(t);
      await store.update('lobby', () => ({ state: room('lobby', 1) }));
      await store.update('lobby', () => ({ state: null }));
      assert.equal(await store.read('lobby'), null);
      assert.equal(await store.count(), 0);
    });

    test('rooms are apart, whatever they are called', async (t) => {
      const store = await create(t);
      const ids = ['a', 'A', 'a:b', 'a b', '__proto__', 'constructor', '{a}', '\u00e4', 'a\u0308', '👋', '*'];
      for (const [seq, id] of ids.entries()) await store.update(id, () => ({ state: room(id, seq) }));
      assert.equal(await store.count(), ids.length);
      for (const [seq, id] of ids.entries()) assert.equal((await store.read(id))?.seq, seq);
      assert.deepEqual(new Set(await store.ids()), new Set(ids));
    });

    test('concurrent updates of a room lose nothing', async (t) => {
      const store = await create(t);
      const increment = () =>
        store.update('lobby', (before) => ({ state: room('lobby', (before?.seq ?? 0) + 1), saw: before?.seq ?? 0 }));
      const answers = await Promise.all(Array.from({ length: 50 }, increment));
      assert.equal((await store.read('lobby'))?.seq, 50);
      assert.deepEqual(
        answers.map((answer) => answer.saw).sort((a, b) => a - b),
        [...Array(50).keys()],
      );
    });

    test('who follows a room hears of its changes in their order, and of no change that is none', async (t) => {
      const store = await create(t);
      await store.follow('lobby');
      const heard: RoomChange[] = [];
      store.events.on('changed', (change) => heard.push(change));
      const events = [{ seq: 1, event: { type: 'healed' as const } }];
      await store.update('lobby', () => ({ state: room('lobby', 1), events }));
      await store.update('lobby', (state) => ({ state }));
      await store.update('lobby', () => ({ state: null }));
      assert.deepEqual(
        heard.map(({ roomId, before, state, remote, missed }) => [roomId, before?.seq, state?.seq, remote, missed]),
        [
          ['lobby', undefined, 1, false, false],
          ['lobby', 1, undefined, false, false],
        ],
      );
      assert.deepEqual(heard[0]?.events, events);
      assert.deepEqual(store.followed(), []);
    });

    test('an update that throws stores nothing and holds nobody up', async (t) => {
      const store = await create(t);
      await store.update('lobby', () => ({ state: room('lobby', 1) }));
      const failing = store.update('lobby', () => {
        throw new Error('no');
      });
      await assert.rejects(failing, /no/);
      assert.equal((await store.read('lobby'))?.seq, 1);
      await store.update('lobby', () => ({ state: room('lobby', 2) }));
      assert.equal((await store.read('lobby'))?.seq, 2);
    });
  });
}

/** A room in which nothing happened but `seq` events. */
export function room(id: string, seq: number): RoomState {
  return { ...blankRoom(id), incarnation: 'one', hookStream: 'one', seq };
}
