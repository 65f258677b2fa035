import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { arrivalOf, TestRoom } from './testing/room.ts';

describe('joining', () => {
  test('the first one in makes the room: a mesh at epoch 1', () => {
    const room = new TestRoom();
    const { result, events } = room.join('ann');
    assert.deepEqual(result, { ok: true, memberId: 'ann', usedSfu: false });
    assert.deepEqual(room.topology, { phase: 'mesh', epoch: 1, active: { kind: 'mesh', epoch: 1 }, next: null });
    const participant = {
      id: 'ann',
      userId: 'user-ann',
      name: 'ann',
      metadata: {},
      muted: false,
      deafened: false,
      silenced: false,
      connection: 'connected',
      canSpeak: true,
      canListen: true,
    };
    assert.deepEqual(events, [{ seq: 1, event: { type: 'participantJoined', participant } }]);
  });

  test('a join repeated with its joinId is the same member, and fences the connection before', () => {
    const room = new TestRoom();
    room.join('ann');
    const again = { ...arrivalOf('ann', 'session-2'), memberId: 'somebody' };
    const { result } = room.apply({ type: 'join', arrival: again, sfu: null, incarnation: 'x', youngUntil: null });
    assert.deepEqual(result, { ok: true, memberId: 'ann', usedSfu: false });
    assert.deepEqual(room.names, ['ann']);
    assert.deepEqual(room.events, []);
    const fence = {
      type: 'fence',
      memberId: 'ann',
      sessionId: 'session-ann',
      nodeId: 'node-1',
      fence: { code: 'conflict', attachEpoch: 2 },
    };
    assert.deepEqual(room.effects, [fence]);
    room.apply({ type: 'disconnect', memberId: 'ann', sessionId: 'session-ann' });
    assert.equal(room.member('ann')?.connection, 'connected');
  });

  test('the one too many for a mesh promotes the room to the SFU that was prepared', () => {
    const room = new TestRoom();
    for (const name of ['ann', 'ben', 'cal']) room.join(name);
    const sfu = room.newSfu();
    assert.deepEqual(room.join('dee', sfu).result, { ok: true, memberId: 'dee', usedSfu: true });
    assert.deepEqual(room.topology, {
      phase: 'promoting',
      epoch: 2,
      active: { kind: 'mesh', epoch: 1 },
      next: { kind: 'sfu', epoch: 2 },
    });
    assert.deepEqual(room.state?.sfu, { ...sfu, epoch: 2 });
    assert.deepEqual(
      room.events.map(({ seq, event }) => [seq, event.type]),
      [
        [4, 'participantJoined'],
        [5, 'topologyChanged'],
      ],
    );
  });

  test('without an SFU it is refused, and changes nothing', () => {
    const room = new TestRoom();
    for (const name of ['ann', 'ben', 'cal']) room.join(name);
    const before = room.state;
    assert.deepEqual(room.join('dee').result, { ok: false, code: 'room_full_mesh_only' });
    assert.deepEqual(room.state, before);
    assert.deepEqual(room.events, []);
  });

  test('a room holds so many and no more', () => {
    const room = new TestRoom();
    room.onSfu('a', 'b', 'c', 'd', 'e', 'f');
    assert.deepEqual(room.join('g').result, { ok: false, code: 'room_full' });
  });
});
