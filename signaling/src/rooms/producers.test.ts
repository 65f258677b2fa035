import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TestRoom } from './testing/room.ts';

describe('producers', () => {
  test('a second microphone closes the first', () => {
    const room = new TestRoom();
    const sfu = room.onSfu('ann', 'ben', 'cal', 'dee');
    const { sfuRoomId } = sfu;
    room.ask('producerAdded', 'ann', { epoch: 2, sfuRoomId, producerId: 'one' });
    room.ask('producerAdded', 'ann', { epoch: 2, sfuRoomId, producerId: 'two' });
    assert.deepEqual(
      room.events.map(({ event }) => event),
      [
        { type: 'producerRemoved', producerId: 'one', participantId: 'ann' },
        { type: 'producerAdded', producer: { epoch: 2, participantId: 'ann', producerId: 'two' } },
      ],
    );
    assert.deepEqual(room.effects, [{ type: 'closeSfuProducer', sfu, peerId: 'ann', producerId: 'one' }]);
  });

  test('of a path that is not the room’s any more are refused', () => {
    const room = new TestRoom();
    const { sfuRoomId } = room.onSfu('ann', 'ben', 'cal', 'dee');
    for (const [epoch, id] of [
      [1, sfuRoomId],
      [3, sfuRoomId],
      [2, 'another'],
    ] as const) {
      const { result } = room.ask('producerAdded', 'ann', { epoch, sfuRoomId: id, producerId: 'mic' });
      assert.deepEqual(result, { ok: false, code: 'stale_epoch' });
    }
  });

  test('that the SFU no longer has are forgotten when the link is back', () => {
    const room = new TestRoom();
    const { sfuRoomId } = room.onSfu('ann', 'ben', 'cal', 'dee');
    const forwarding = { generation: 0, slots: [] };
    room.ask('producerAdded', 'ann', { epoch: 2, sfuRoomId, producerId: 'one' });
    room.ask('producerAdded', 'ben', { epoch: 2, sfuRoomId, producerId: 'two' });
    room.apply({ type: 'sfuReconciled', sfuRoomId, peers: [{ peerId: 'ann', producerIds: ['one'] }], forwarding });
    assert.deepEqual(
      room.events.map(({ event }) => event),
      [{ type: 'producerRemoved', producerId: 'two', participantId: 'ben' }],
    );
  });
});
