import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SETTINGS, TestRoom } from './testing/room.ts';

describe('a lost SFU', () => {
  test('is replaced by another one at once', () => {
    const room = new TestRoom();
    const sfu = room.onSfu('ann', 'ben', 'cal', 'dee');
    room.apply({ type: 'sfuLost', sfuRoomId: sfu.sfuRoomId });
    assert.deepEqual(room.effects, [{ type: 'prepareSfu', not: null, edgeOf: null }]);
    assert.equal(room.topology.phase, 'sfu');
    const other = room.newSfu('sfu-2');
    room.apply({ type: 'sfuPrepared', sfu: other });
    assert.deepEqual(room.turns, ['promoting 4 sfu_lost']);
    assert.deepEqual(room.state?.sfu, { ...other, epoch: 4 });
    for (const name of room.names) room.ask('ready', name, { epoch: 4 });
    assert.deepEqual(room.topology.active, { kind: 'sfu', epoch: 4 });
    assert.equal(room.topology.phase, 'sfu');
  });

  test('sends those who fit into a mesh there, when there is no other', () => {
    const room = new TestRoom();
    const sfu = room.onSfu('ann', 'ben', 'cal', 'dee');
    room.ask('leave', 'dee');
    room.apply({ type: 'sfuLost', sfuRoomId: sfu.sfuRoomId });
    room.apply({ type: 'sfuUnavailable' });
    assert.deepEqual(room.turns, ['demoting 4 sfu_lost']);
    room.ask('ready', 'ann', { epoch: 4 });
    // There is nothing left to keep: the deadline completes it, whoever is ready.
    room.advance(SETTINGS.handoverDeadlineMs);
    assert.deepEqual(room.turns, ['mesh 5 completed']);
    assert.deepEqual(room.effects, []);
  });

  test('leaves those who do not fit where they are, and looks again and again', () => {
    const room = new TestRoom();
    const sfu = room.onSfu('ann', 'ben', 'cal', 'dee');
    room.apply({ type: 'sfuLost', sfuRoomId: sfu.sfuRoomId });
    room.apply({ type: 'sfuUnavailable' });
    assert.equal(room.topology.phase, 'sfu');
    room.advance(3 * SETTINGS.sfuRetryMs);
    assert.deepEqual(room.effects, [
      { type: 'prepareSfu', not: null, edgeOf: null },
      { type: 'prepareSfu', not: null, edgeOf: null },
      { type: 'prepareSfu', not: null, edgeOf: null },
    ]);
  });

  test('that is not the present one changes nothing', () => {
    const room = new TestRoom();
    room.onSfu('ann', 'ben', 'cal', 'dee');
    room.apply({ type: 'sfuLost', sfuRoomId: 'of-long-ago' });
    assert.equal(room.topology.phase, 'sfu');
    assert.deepEqual(room.events, []);
  });
});

describe('peers that an SFU has lost', () => {
  test('send nothing any more, and are told, if they are connected to the node that heard of it', () => {
    const room = new TestRoom();
    const { sfuRoomId } = room.onSfu('ann', 'ben', 'cal', 'dee');
    for (const name of ['ann', 'ben', 'cal']) {
      room.ask('producerAdded', name, { epoch: 2, sfuRoomId, producerId: `mic-${name}` });
    }
    room.ask('disconnect', 'ben');
    const lost = { type: 'peersLost', sfuRoomId, peerIds: ['ann', 'ben', 'dee', 'nobody'] } as const;
    room.apply({ ...lost, nodeId: 'node-2' });
    assert.deepEqual([room.events, room.effects], [[], []]);
    room.apply({ ...lost, nodeId: 'node-1' });
    assert.deepEqual(
      room.state?.producers.map(({ producerId }) => producerId),
      ['mic-cal'],
    );
    assert.deepEqual(room.effects, [
      { type: 'sfuPeerLost', sessionId: 'session-ann', epoch: 2 },
      { type: 'sfuPeerLost', sessionId: 'session-dee', epoch: 2 },
    ]);
    assert.equal(room.topology.epoch, 3);
  });

  test('of a path that is over are no news', () => {
    const room = new TestRoom();
    room.onSfu('ann', 'ben', 'cal', 'dee');
    room.apply({ type: 'peersLost', sfuRoomId: 'of-long-ago', peerIds: ['ann'], nodeId: 'node-1' });
    assert.deepEqual([room.events, room.effects], [[], []]);
  });
});

test('a promotion away from a lost SFU that fails as well is tried again at once', () => {
  const room = new TestRoom();
  const sfu = room.onSfu('ann', 'ben', 'cal', 'dee');
  room.apply({ type: 'sfuLost', sfuRoomId: sfu.sfuRoomId });
  const other = room.newSfu('sfu-2');
  room.apply({ type: 'sfuPrepared', sfu: other });
  room.apply({ type: 'sfuLost', sfuRoomId: other.sfuRoomId });
  assert.deepEqual(room.turns, ['sfu 5 aborted']);
  assert.deepEqual(room.effects, [{ type: 'prepareSfu', not: null, edgeOf: null }]);
});
