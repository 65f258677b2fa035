import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RoomState } from '../rooms/index.ts';
import type { RoomStore } from './room-store.ts';

/** What every room store promises; run by the tests of each. */
export function describeRoomStore(name: string, create: () => Promise<RoomStore>): void {
  describe(`room store: ${name}`, () => {
    test('an unknown room reads as null and counts for nothing', async () => {
      const store = await create();
      assert.equal(await store.read('lobby'), null);
      assert.equal(await store.count(), 0);
      assert.deepEqual(await store.list(), []);
    });

    test('what an update answers is stored and returned', async () => {
      const store = await create();
      const answer = await store.update('lobby', (state) => {
        assert.equal(state, null);
        return { state: room('lobby', 3), extra: 'kept' };
      });
      assert.equal(answer.extra, 'kept');
      assert.deepEqual(await store.read('lobby'), room('lobby', 3));
    });

    test('an update sees what the one before it stored', async () => {
      const store = await create();
      await store.update('lobby', () => ({ state: room('lobby', 1) }));
      const { state } = await store.update('lobby', (before) => ({ state: room('lobby', (before?.seq ?? 0) + 1) }));
      assert.equal(state?.seq, 2);
    });

    test('null removes the room', async () => {
      const store = await create();
      await store.update('lobby', () => ({ state: room('lobby', 1) }));
      await store.update('lobby', () => ({ state: null }));
      assert.equal(await store.read('lobby'), null);
      assert.equal(await store.count(), 0);
    });

    test('rooms are apart, whatever they are called', async () => {
      const store = await create();
      const ids = ['a', 'A', 'a:b', 'a b', '__proto__', 'constructor', '{a}', '\u00e4', 'a\u0308', '👋', '*'];
      for (const [seq, id] of ids.entries()) await store.update(id, () => ({ state: room(id, seq) }));
      assert.equal(await store.count(), ids.length);
      for (const [seq, id] of ids.entries()) assert.equal((await store.read(id))?.seq, seq);
      assert.deepEqual(new Set((await store.list()).map((state) => state.id)), new Set(ids));
    });

    test('concurrent updates of a room lose nothing', async () => {
      const store = await create();
      const increment = () =>
        store.update('lobby', (before) => ({ state: room('lobby', (before?.seq ?? 0) + 1), saw: before?.seq ?? 0 }));
      const answers = await Promise.all(Array.from({ length: 50 }, increment));
      assert.equal((await store.read('lobby'))?.seq, 50);
      assert.deepEqual(
        answers.map((answer) => answer.saw).sort((a, b) => a - b),
        [...Array(50).keys()],
      );
    });

    test('an update that throws stores nothing and holds nobody up', async () => {
      const store = await create();
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

function room(id: string, seq: number): RoomState {
  return {
    id,
    incarnation: 'one',
    seq,
    topology: { phase: 'mesh', epoch: 1, active: { kind: 'mesh', epoch: 1 }, next: null },
    sfu: null,
    members: {},
    producers: [],
    fewSince: null,
    handoverDeadline: null,
    blockedUntil: 0,
    sfuRetryAt: null,
    healingUntil: null,
    youngUntil: null,
    adoptedPeers: [],
    locked: false,
    silencedUsers: [],
    removed: [],
    hookStream: 'one',
    hookSeq: 0,
  };
}
