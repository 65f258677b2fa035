import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOutbox } from '../outbox.contract.ts';
import { MemoryOutbox } from './outbox.ts';

describeOutbox('memory', async (_t, limits) => {
  const outbox = new MemoryOutbox(limits);
  return { outbox, say: async (roomId, ...entries) => outbox.add(roomId, entries), settle: async () => {} };
});

test('with too much in all, the room that has waited longest loses its oldest', async () => {
  const outbox = new MemoryOutbox({ receivers: ['a'], max: 4, maxPerRoom: 100 });
  const dropped: [string, number][] = [];
  outbox.events.on('dropped', (roomId, count) => dropped.push([roomId, count]));
  outbox.add('red', ['1', '2']);
  outbox.add('blue', ['1', '2']);
  outbox.add('green', ['1', '2', '3']);
  assert.deepEqual(dropped, [
    ['red', 2],
    ['blue', 1],
  ]);
  assert.equal(await outbox.backlog(), 4);
  assert.equal((await outbox.next('blue', 'a'))?.text, '2');
  assert.equal(await outbox.next('red', 'a'), null);
});
