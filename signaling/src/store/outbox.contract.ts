import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { Outbox, OutboxLimits } from './outbox.ts';

export interface OutboxSetUp {
  outbox: Outbox;
  /** As a change of the room does it. */
  say(roomId: string, ...entries: string[]): Promise<void>;
  /** Until the backlog is counted. */
  settle(): Promise<void>;
}

/** What every outbox promises; run by the tests of each. */
export function describeOutbox(
  name: string,
  create: (t: TestContext, limits: OutboxLimits) => Promise<OutboxSetUp>,
): void {
  const setUp = (t: TestContext, limits: Partial<OutboxLimits> = {}) =>
    create(t, { receivers: ['a', 'b'], max: 1_000, maxPerRoom: 100, ...limits });

  describe(`outbox: ${name}`, () => {
    test('each receiver gets all that a room says, in order, at its own pace', async (t) => {
      const { outbox, say } = await setUp(t);
      const pending: string[] = [];
      outbox.events.on('pending', (roomId) => pending.push(roomId));
      assert.equal(await outbox.next('lobby', 'a'), null);
      await say('lobby', 'one', 'two');
      await say('lobby', 'three');
      assert.deepEqual(pending, ['lobby', 'lobby']);
      for (const text of ['one', 'two', 'three']) {
        const entry = await outbox.next('lobby', 'a');
        assert.equal(entry?.text, text);
        assert.deepEqual(await outbox.next('lobby', 'a'), entry, 'until it is accepted');
        await outbox.accepted('lobby', 'a', entry?.position ?? -1);
      }
      assert.equal(await outbox.next('lobby', 'a'), null);
      assert.equal((await outbox.next('lobby', 'b'))?.text, 'one');
    });

    test('what all have accepted is gone; what is said later is found', async (t) => {
      const { outbox, say, settle } = await setUp(t);
      await say('lobby', 'one', 'two');
      await settle();
      assert.equal(await outbox.backlog(), 2);
      for (let turn = 0; turn < 2; turn++) {
        for (const receiver of ['a', 'b']) {
          const entry = await outbox.next('lobby', receiver);
          assert.ok(entry);
          await outbox.accepted('lobby', receiver, entry.position);
          await outbox.accepted('lobby', receiver, entry.position);
        }
      }
      await settle();
      assert.equal(await outbox.backlog(), 0);
      await say('lobby', 'three');
      for (const receiver of ['a', 'b']) assert.equal((await outbox.next('lobby', receiver))?.text, 'three');
    });

    test('rooms are apart, whatever they are called', async (t) => {
      const { outbox, say } = await setUp(t);
      const ids = ['a', 'A', 'a:b', '__proto__', '{a}', '\u00e4', 'a\u0308', '👋', '*'];
      for (const id of ids) await say(id, `of ${id}`);
      for (const id of ids) assert.equal((await outbox.next(id, 'a'))?.text, `of ${id}`);
    });

    test('a room that says too much loses the oldest, and it is told how many', async (t) => {
      const { outbox, say } = await setUp(t, { maxPerRoom: 3 });
      let dropped = 0;
      outbox.events.on('dropped', (roomId, count) => {
        assert.equal(roomId, 'lobby');
        dropped += count;
      });
      await say('lobby', '1', '2');
      const first = await outbox.next('lobby', 'b');
      await say('lobby', '3', '4', '5');
      assert.equal((await outbox.next('lobby', 'a'))?.text, '3');
      assert.equal(dropped, 2);
      // Its delivery was under way when it was dropped.
      await outbox.accepted('lobby', 'b', first?.position ?? -1);
      assert.equal((await outbox.next('lobby', 'b'))?.text, '3');
    });
  });
}
