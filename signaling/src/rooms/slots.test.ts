import assert from 'node:assert/strict';
import { test } from 'node:test';
import { snapshotOf } from './snapshot.ts';
import { TestRoom } from './testing/room.ts';

function onSfu() {
  const room = new TestRoom();
  const { sfuRoomId } = room.onSfu('ann', 'ben', 'cal', 'dee');
  const forward = (generation: number, ...slots: string[]) => {
    room.apply({ type: 'forwardingChanged', sfuRoomId, forwarding: { generation, slots } });
    return room.events.map(({ event }) => event);
  };
  const told = () => (room.state ? snapshotOf(room.state).slots : []);
  return { room, sfuRoomId, forward, told };
}

test('slots are told as they come, change and go', () => {
  const { forward, told } = onSfu();
  const slots = { epoch: 2, producerIds: ['one', 'two'] };
  assert.deepEqual(forward(1, 'one', 'two'), [{ type: 'slotsChanged', slots }]);
  assert.deepEqual(told(), [slots]);
  assert.deepEqual(forward(2), [{ type: 'slotsChanged', slots: { epoch: 2, producerIds: [] } }]);
  assert.deepEqual(told(), [], 'a path without slots has none to tell of');
});

test('what is late changes nothing, and what is the same is no news', () => {
  const { forward, told } = onSfu();
  forward(3, 'one');
  assert.deepEqual(forward(2), []);
  assert.deepEqual(forward(3, 'two'), []);
  assert.deepEqual(forward(4, 'one'), []);
  assert.deepEqual(forward(3), [], 'though its number counts');
  assert.deepEqual(told(), [{ epoch: 2, producerIds: ['one'] }]);
});

test('slots go with their path, and are of no other', () => {
  const { room, sfuRoomId, forward, told } = onSfu();
  forward(1, 'one');
  room.apply({ type: 'forwardingChanged', sfuRoomId: 'another', forwarding: { generation: 9, slots: ['two'] } });
  assert.deepEqual(told(), [{ epoch: 2, producerIds: ['one'] }]);
  room.apply({ type: 'sfuLost', sfuRoomId });
  room.apply({ type: 'sfuPrepared', sfu: room.newSfu('sfu-2') });
  for (const name of room.names) room.ask('ready', name, { epoch: 4 });
  assert.deepEqual(told(), []);
});

test('when the link is back, what the SFU says counts', () => {
  const { room, sfuRoomId, told } = onSfu();
  const forwarding = { generation: 5, slots: ['one'] };
  room.apply({ type: 'sfuReconciled', sfuRoomId, peers: [], forwarding });
  assert.deepEqual(told(), [{ epoch: 2, producerIds: ['one'] }]);
});

test('a node that has heard of slots, which the store has not, says so again', () => {
  const { room, forward, told } = onSfu();
  const before = room.state;
  forward(2, 'one');
  const memory = room.state;
  assert.ok(memory && before);
  // The store was brought back as it was, and has gone on from there.
  room.state = before;
  room.ask('update', 'ann', { muted: true, deafened: false });
  room.ask('update', 'ann', { muted: false, deafened: false });
  assert.deepEqual(told(), []);
  const speakers = room.names.map((memberId) => ({ memberId, sessionId: `session-${memberId}` }));
  room.apply({ type: 'reassert', memory, nodeId: 'node-1', speakers });
  assert.deepEqual(told(), [{ epoch: 2, producerIds: ['one'] }]);
});
