import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SETTINGS, TestRoom } from './testing/room.ts';

describe('a lost SFU', () => {
  test('is replaced by another one at once', () => {
    const room = new TestRoom();
    const sfu = room.onSfu('ann', 'ben', 'cal', 'dee');
    room.apply({ type: 'sfuLost', sfuRoomId: sfu.sfuRoomId });
    assert.deepEqual(room.effects, [{ type: 'prepareSfu' }]);
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
    assert.deepEqual(room.effects, [{ type: 'prepareSfu' }, { type: 'prepareSfu' }, { type: 'prepareSfu' }]);
  });

  test('that is not the present one changes nothing', () => {
    const room = new TestRoom();
    room.onSfu('ann', 'ben', 'cal', 'dee');
    room.apply({ type: 'sfuLost', sfuRoomId: 'of-long-ago' });
    assert.equal(room.topology.phase, 'sfu');
    assert.deepEqual(room.events, []);
  });
});
