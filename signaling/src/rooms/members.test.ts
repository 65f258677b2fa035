import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SETTINGS, TestRoom } from './testing/room.ts';

describe('going and coming back', () => {
  test('who leaves is gone at once, and so is their peer on the SFU', () => {
    const room = new TestRoom();
    const sfu = room.onSfu('ann', 'ben', 'cal', 'dee');
    room.ask('producerAdded', 'dee', { epoch: 2, sfuRoomId: sfu.sfuRoomId, producerId: 'mic' });
    room.ask('leave', 'dee');
    assert.deepEqual(
      room.events.map(({ event }) => event),
      [{ type: 'participantLeft', participantId: 'dee', reason: 'left' }],
    );
    assert.deepEqual(room.effects, [{ type: 'closeSfuPeer', sfu, peerId: 'dee' }]);
    assert.deepEqual(room.state?.producers, []);
  });

  test('who loses their connection has the resume window to come back', () => {
    const room = new TestRoom();
    room.join('ann');
    room.join('ben');
    room.ask('disconnect', 'ben');
    assert.equal(room.member('ben')?.connection, 'reconnecting');
    room.advance(SETTINGS.resumeWindowMs - 1);
    assert.deepEqual(room.names, ['ann', 'ben']);
    room.advance(1);
    assert.deepEqual(
      room.events.map(({ event }) => event),
      [{ type: 'participantLeft', participantId: 'ben', reason: 'timeout' }],
    );
  });

  test('the last one out ends the room and its SFU room', () => {
    const room = new TestRoom();
    const sfu = room.onSfu('ann');
    room.ask('leave', 'ann');
    assert.equal(room.state, null);
    assert.deepEqual(room.effects, [
      { type: 'closeSfuPeer', sfu, peerId: 'ann' },
      { type: 'closeSfuRoom', sfu },
    ]);
    assert.equal(room.wakeAt, null);
  });

  test('only the connection that speaks for a member may say anything for them', () => {
    const room = new TestRoom();
    room.join('ann');
    room.join('ben');
    const before = room.state;
    const stranger = { memberId: 'ann', sessionId: 'session-ben' };
    for (const input of [
      { type: 'leave', ...stranger } as const,
      { type: 'disconnect', ...stranger } as const,
      { type: 'update', ...stranger, muted: true, deafened: true } as const,
      { type: 'ready', ...stranger, epoch: 1 } as const,
      { type: 'leave', memberId: '__proto__', sessionId: 'session-ben' } as const,
    ]) {
      assert.deepEqual(room.apply(input).result, { ok: false, code: 'not_in_room' });
      assert.deepEqual(room.state, before);
    }
  });
});
