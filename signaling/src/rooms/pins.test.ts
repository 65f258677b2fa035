import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PINNED_MAX } from '@parley/shared/protocol';
import { TestRoom } from './testing/room.ts';

const NAMES = ['ann', 'ben', 'cal', 'dee', 'eve', 'fay'];

function roomOf(...names: string[]): TestRoom {
  const room = new TestRoom({ meshMaxPeers: 6 });
  for (const name of names) assert.ok(room.join(name).result.ok);
  return room;
}

function pin(room: TestRoom, memberId: string, pinned = true) {
  return room.apply({ type: 'pin', by: null, memberId, pinned }).result;
}

test('who is pinned is told to everyone, once', () => {
  const room = roomOf('ann', 'ben');
  assert.ok(pin(room, 'ben').ok);
  assert.deepEqual(
    room.events.map(({ event }) => event),
    [{ type: 'roomUpdated', locked: false, pinned: ['ben'] }],
  );
  pin(room, 'ben');
  assert.deepEqual(room.events, [], 'said twice, told once');
  pin(room, 'ben', false);
  assert.deepEqual(room.state?.pinned, []);
  pin(room, 'ben', false);
  assert.deepEqual(room.events, []);
});

test('there is room for a few only, and whoever leaves makes room', () => {
  const room = roomOf(...NAMES);
  for (const name of NAMES.slice(0, PINNED_MAX)) assert.ok(pin(room, name).ok);
  assert.deepEqual(pin(room, 'fay'), { ok: false, code: 'conflict' });
  room.ask('leave', 'ann');
  assert.deepEqual(room.events.at(-1)?.event, { type: 'roomUpdated', locked: false, pinned: ['ben', 'cal', 'dee'] });
  assert.ok(pin(room, 'fay').ok);
});

test('nobody who is not there is pinned', () => {
  assert.deepEqual(pin(roomOf('ann'), 'ben'), { ok: false, code: 'participant_not_found' });
});

test('every SFU that carries the room knows them: as they change, on another path, and when its link is back', () => {
  const room = new TestRoom();
  const sfu = room.onSfu('ann', 'ben', 'cal', 'dee');
  pin(room, 'ben');
  assert.deepEqual(room.effects, [{ type: 'pinSfuPeers', sfu, peerIds: ['ben'] }]);
  room.apply({ type: 'sfuLeaving', ...sfu, at: room.now });
  const other = room.newSfu('sfu-2');
  room.apply({ type: 'sfuPrepared', sfu: other });
  assert.deepEqual(room.effects, [{ type: 'pinSfuPeers', sfu: other, peerIds: ['ben'] }]);
  const forwarding = { generation: 0, slots: [] };
  room.apply({ type: 'sfuReconciled', sfuRoomId: sfu.sfuRoomId, peers: [], forwarding });
  assert.deepEqual(room.effects, [{ type: 'pinSfuPeers', sfu, peerIds: ['ben'] }]);
});
