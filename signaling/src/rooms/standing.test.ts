import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { memoryOf } from './snapshot.ts';
import { arrivalOf, TestRoom } from './testing/room.ts';

const standing = (changes: object = {}) => ({
  userId: 'user-ann',
  metadata: {},
  canSpeak: true,
  canListen: true,
  ...changes,
});
const producer = (room: TestRoom, producerId: string) => {
  const sfu = room.state?.sfu;
  assert.ok(sfu);
  return { epoch: sfu.epoch, sfuRoomId: sfu.sfuRoomId, producerId };
};

describe('standing', () => {
  test('what a renewed token says is told to the others once, and only when it says something new', () => {
    const room = new TestRoom();
    room.join('ann');
    room.ask('renewed', 'ann', { name: null, standing: standing() });
    assert.equal(room.events.length, 0);
    room.ask('renewed', 'ann', { name: 'Ann', standing: standing({ metadata: { team: 'red' } }) });
    const told = room.events.map(({ event }) => event);
    const [event] = told;
    assert.equal(told.length, 1);
    assert.ok(event?.type === 'participantUpdated');
    assert.equal(event.participant.name, 'Ann');
    assert.deepEqual(event.participant.metadata, { team: 'red' });
  });

  test('who may no longer speak loses their microphone on the SFU, and cannot open another', () => {
    const room = new TestRoom();
    const sfu = room.onSfu('ann', 'ben');
    room.ask('producerAdded', 'ann', producer(room, 'mic-a'));
    room.ask('producerAdded', 'ben', producer(room, 'mic-b'));
    room.ask('renewed', 'ann', { name: null, standing: standing({ canSpeak: false }) });
    assert.deepEqual(
      room.state?.producers.map(({ producerId }) => producerId),
      ['mic-b'],
    );
    assert.deepEqual(room.effects, [{ type: 'closeSfuProducer', sfu, peerId: 'ann', producerId: 'mic-a' }]);
    const { result } = room.ask('producerAdded', 'ann', producer(room, 'mic-c'));
    assert.deepEqual(result, { ok: false, code: 'not_allowed' });
    room.ask('renewed', 'ann', { name: null, standing: standing() });
    assert.ok(room.ask('producerAdded', 'ann', producer(room, 'mic-d')).result.ok);
  });

  test('who may no longer listen loses their peer on the SFU, with all it consumes', () => {
    const room = new TestRoom();
    const sfu = room.onSfu('ann', 'ben');
    room.ask('producerAdded', 'ann', producer(room, 'mic-a'));
    room.ask('renewed', 'ann', { name: null, standing: standing({ canListen: false }) });
    assert.deepEqual(room.state?.producers, []);
    assert.deepEqual(room.effects, [{ type: 'closeSfuPeer', sfu, peerId: 'ann' }]);
    assert.ok(room.ask('producerAdded', 'ann', producer(room, 'mic-b')).result.ok, 'they may still speak');
  });

  test('a resume with lesser grants takes away as a renewal does', () => {
    const room = new TestRoom();
    const sfu = room.onSfu('ann', 'ben');
    room.ask('producerAdded', 'ann', producer(room, 'mic-a'));
    room.ask('disconnect', 'ann');
    assert.ok(room.state);
    const arrival = { ...arrivalOf('ann', 'session-2'), canSpeak: false };
    const remembered = memoryOf(room.state);
    room.apply({ type: 'resume', arrival, remembered, found: {}, sfu: null });
    assert.equal(room.member('ann')?.canSpeak, false);
    assert.deepEqual(room.state.producers, []);
    assert.deepEqual(room.effects, [{ type: 'closeSfuProducer', sfu, peerId: 'ann', producerId: 'mic-a' }]);
  });

  test('only the connection that speaks for a member renews their standing', () => {
    const room = new TestRoom();
    room.join('ann');
    const input = { memberId: 'ann', sessionId: 'another', name: 'Eve', standing: standing() };
    assert.deepEqual(room.apply({ type: 'renewed', ...input }).result, { ok: false, code: 'not_in_room' });
    assert.equal(room.member('ann')?.name, 'ann');
  });
});
