import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { arrivalOf, SETTINGS, TestRoom } from './testing/room.ts';

describe('joining', () => {
  test('the first one in makes the room: a mesh at epoch 1', () => {
    const room = new TestRoom();
    const { result, events } = room.join('ann');
    assert.deepEqual(result, { ok: true, memberId: 'ann', usedSfu: false });
    assert.deepEqual(room.topology, { phase: 'mesh', epoch: 1, active: { kind: 'mesh', epoch: 1 }, next: null });
    const participant = { id: 'ann', name: 'ann', muted: false, deafened: false, connection: 'connected' };
    assert.deepEqual(events, [{ seq: 1, event: { type: 'participantJoined', participant } }]);
  });

  test('a join repeated with its joinId is the same member, and fences the connection before', () => {
    const room = new TestRoom();
    room.join('ann');
    const again = { ...arrivalOf('somebody', 'session-2'), joinId: 'join-of-ann' };
    const { result } = room.apply({ type: 'join', arrival: again, sfu: null, incarnation: 'x', youngUntil: null });
    assert.deepEqual(result, { ok: true, memberId: 'ann', usedSfu: false });
    assert.deepEqual(room.names, ['ann']);
    assert.deepEqual(room.events, []);
    const fence = { type: 'fence', memberId: 'ann', sessionId: 'session-ann', nodeId: 'node-1' };
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

describe('promotion', () => {
  function promoting() {
    const room = new TestRoom();
    const sfu = room.newSfu();
    for (const name of ['ann', 'ben', 'cal', 'dee']) room.join(name, sfu);
    return { room, sfu };
  }

  test('completes when everyone is ready', () => {
    const { room } = promoting();
    for (const name of ['ann', 'ben', 'cal']) room.ask('ready', name, { epoch: 2 });
    assert.equal(room.topology.phase, 'promoting');
    room.ask('ready', 'dee', { epoch: 2 });
    assert.deepEqual(room.turns, ['sfu 3 completed']);
    assert.deepEqual(room.topology.active, { kind: 'sfu', epoch: 2 });
  });

  test('waits for those who come in on the way, too', () => {
    const { room } = promoting();
    for (const name of ['ann', 'ben', 'cal']) room.ask('ready', name, { epoch: 2 });
    room.join('eve');
    room.ask('ready', 'dee', { epoch: 2 });
    assert.equal(room.topology.phase, 'promoting');
    room.ask('ready', 'eve', { epoch: 2 });
    assert.equal(room.topology.phase, 'sfu');
  });

  test('completes when the only one not ready leaves', () => {
    const { room } = promoting();
    for (const name of ['ann', 'ben', 'cal']) room.ask('ready', name, { epoch: 2 });
    room.ask('leave', 'dee');
    assert.deepEqual(room.turns, ['sfu 3 completed']);
  });

  test('completes at the deadline whoever is ready', () => {
    const { room } = promoting();
    room.advance(SETTINGS.handoverDeadlineMs - 1);
    assert.equal(room.topology.phase, 'promoting');
    room.advance(1);
    assert.deepEqual(room.turns, ['sfu 3 completed']);
  });

  test('waits, to the deadline, for someone who is reconnecting: they still hear only the mesh', () => {
    const { room } = promoting();
    room.ask('disconnect', 'dee');
    for (const name of ['ann', 'ben', 'cal']) room.ask('ready', name, { epoch: 2 });
    assert.equal(room.topology.phase, 'promoting');
    room.advance(SETTINGS.handoverDeadlineMs);
    assert.equal(room.topology.phase, 'sfu');
  });

  test('is called off when its SFU is lost, throws nobody out, and is tried again', () => {
    const { room, sfu } = promoting();
    room.apply({ type: 'sfuLost', sfuRoomId: sfu.sfuRoomId });
    assert.deepEqual(room.turns, ['mesh 3 aborted']);
    assert.deepEqual(room.topology.active, { kind: 'mesh', epoch: 1 });
    assert.equal(room.names.length, 4);
    assert.deepEqual(room.effects, []);
    room.advance(SETTINGS.sfuRetryMs);
    assert.deepEqual(room.effects, [{ type: 'prepareSfu' }]);
    const other = room.newSfu('sfu-2');
    const { result } = room.apply({ type: 'sfuPrepared', sfu: other });
    assert.deepEqual(result, { ok: true, memberId: null, usedSfu: true });
    assert.deepEqual(room.turns, ['promoting 4 full']);
  });

  test('on request of someone who cannot hold the mesh; the room stays on the SFU while they are in it', () => {
    const room = new TestRoom();
    room.join('ann');
    room.join('ben');
    assert.deepEqual(room.ask('requestSfu', 'ben', { epoch: 1, sfu: null }).result, {
      ok: false,
      code: 'sfu_unavailable',
    });
    room.ask('requestSfu', 'ben', { epoch: 1, sfu: room.newSfu() });
    assert.deepEqual(room.turns, ['promoting 2 requested']);
    for (const name of ['ann', 'ben']) room.ask('ready', name, { epoch: 2 });
    room.advance(10 * SETTINGS.meshReturnAfterMs);
    assert.equal(room.topology.phase, 'sfu');
    room.ask('leave', 'ben');
    assert.deepEqual(room.turns, ['demoting 4 quiet']);
  });

  test('is not asked for a second time by a request that comes late', () => {
    const { room } = promoting();
    const before = room.topology;
    assert.ok(room.ask('requestSfu', 'ann', { epoch: 1, sfu: null }).result.ok);
    for (const name of room.names) room.ask('ready', name, { epoch: 2 });
    assert.equal(room.topology.phase, 'sfu');
    assert.ok(room.ask('requestSfu', 'ann', { epoch: 1, sfu: null }).result.ok);
    assert.equal(room.topology.epoch, before.epoch + 1);
  });
});

describe('demotion', () => {
  function demoting() {
    const room = new TestRoom();
    const sfu = room.onSfu('ann', 'ben', 'cal', 'dee');
    room.ask('leave', 'cal');
    room.ask('leave', 'dee');
    room.advance(SETTINGS.meshReturnAfterMs);
    assert.deepEqual(room.turns, ['demoting 4 quiet']);
    assert.deepEqual(room.topology.next, { kind: 'mesh', epoch: 4 });
    return { room, sfu };
  }

  test('begins once the room has been small for long enough without a break', () => {
    const room = new TestRoom();
    room.onSfu('ann', 'ben', 'cal', 'dee');
    room.ask('leave', 'cal');
    room.ask('leave', 'dee');
    room.advance(SETTINGS.meshReturnAfterMs - 1);
    room.join('eve');
    room.ask('leave', 'eve');
    room.advance(SETTINGS.meshReturnAfterMs - 1);
    assert.equal(room.topology.phase, 'sfu');
    room.advance(1);
    assert.equal(room.topology.phase, 'demoting');
  });

  test('does not begin while someone is reconnecting: closing the SFU would silence them', () => {
    const room = new TestRoom({ resumeWindowMs: 100_000 });
    room.onSfu('ann', 'ben', 'cal', 'dee');
    room.ask('leave', 'cal');
    room.ask('leave', 'dee');
    room.ask('disconnect', 'ben');
    room.advance(100_000 - 1);
    assert.equal(room.topology.phase, 'sfu');
    room.advance(1);
    assert.deepEqual(room.names, ['ann']);
    assert.equal(room.topology.phase, 'demoting');
  });

  test('completes when everyone is ready, and closes the SFU room', () => {
    const { room, sfu } = demoting();
    room.ask('ready', 'ann', { epoch: 4 });
    assert.equal(room.topology.phase, 'demoting');
    room.ask('ready', 'ben', { epoch: 4 });
    assert.deepEqual(room.turns, ['mesh 5 completed']);
    assert.deepEqual(room.effects, [{ type: 'closeSfuRoom', sfu }]);
    assert.equal(room.state?.sfu, null);
  });

  test('lets someone in who still fits the mesh', () => {
    const { room } = demoting();
    room.join('eve');
    assert.equal(room.topology.phase, 'demoting');
    for (const name of ['ann', 'ben', 'eve']) room.ask('ready', name, { epoch: 4 });
    assert.equal(room.topology.phase, 'mesh');
  });

  test('is called off by someone who does not fit the mesh', () => {
    const { room } = demoting();
    room.join('eve');
    room.join('fay');
    assert.deepEqual(room.turns, ['sfu 5 aborted']);
    assert.deepEqual(room.topology.active, { kind: 'sfu', epoch: 2 });
    assert.deepEqual(room.effects, []);
  });

  test('is called off at the deadline when someone there is not ready, and not tried again for a while', () => {
    const { room } = demoting();
    room.ask('ready', 'ann', { epoch: 4 });
    room.advance(SETTINGS.handoverDeadlineMs);
    assert.deepEqual(room.turns, ['sfu 5 aborted']);
    room.advance(SETTINGS.demotionBackoffMs - 1);
    assert.equal(room.topology.phase, 'sfu');
    room.advance(1);
    assert.deepEqual(room.turns, ['demoting 6 quiet']);
  });

  test('completes at the deadline without someone who has vanished', () => {
    const { room } = demoting();
    room.ask('disconnect', 'ben');
    room.ask('ready', 'ann', { epoch: 4 });
    assert.equal(room.topology.phase, 'demoting');
    room.advance(SETTINGS.handoverDeadlineMs);
    assert.deepEqual(room.turns, ['mesh 5 completed']);
  });

  test('is called off at the deadline when nobody at all is connected', () => {
    const { room } = demoting();
    room.ask('disconnect', 'ann');
    room.ask('disconnect', 'ben');
    room.advance(SETTINGS.handoverDeadlineMs);
    assert.deepEqual(room.turns, ['sfu 5 aborted']);
  });

  test('is called off by someone who cannot hold the mesh', () => {
    const { room } = demoting();
    room.ask('requestSfu', 'ben', { epoch: 4, sfu: null });
    assert.deepEqual(room.turns, ['sfu 5 aborted']);
    room.advance(SETTINGS.demotionBackoffMs - 1);
    assert.equal(room.topology.phase, 'sfu');
  });

  test('jumps to the mesh when the SFU is lost on the way', () => {
    const { room, sfu } = demoting();
    room.apply({ type: 'sfuLost', sfuRoomId: sfu.sfuRoomId });
    assert.deepEqual(room.turns, ['mesh 5 sfu_lost']);
    assert.deepEqual(room.topology.active, { kind: 'mesh', epoch: 4 });
    assert.deepEqual(room.effects, []);
  });
});

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

describe('readiness', () => {
  test('for an epoch that is over is no news; for one that never was, an error', () => {
    const room = new TestRoom();
    room.onSfu('ann', 'ben', 'cal', 'dee');
    for (const epoch of [1, 2, 3]) assert.ok(room.ask('ready', 'ann', { epoch }).result.ok);
    assert.deepEqual(room.ask('ready', 'ann', { epoch: 4 }).result, { ok: false, code: 'stale_epoch' });
    assert.deepEqual(room.ask('requestSfu', 'ann', { epoch: 4, sfu: null }).result, { ok: false, code: 'stale_epoch' });
  });
});

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
    room.ask('producerAdded', 'ann', { epoch: 2, sfuRoomId, producerId: 'one' });
    room.ask('producerAdded', 'ben', { epoch: 2, sfuRoomId, producerId: 'two' });
    room.apply({ type: 'sfuReconciled', sfuRoomId, peers: [{ peerId: 'ann', producerIds: ['one'] }] });
    assert.deepEqual(
      room.events.map(({ event }) => event),
      [{ type: 'producerRemoved', producerId: 'two', participantId: 'ben' }],
    );
  });
});

describe('after a restart', () => {
  /** What a member remembers of a room on an SFU at epoch 3. */
  const remembered = {
    incarnation: 'first',
    topology: { phase: 'sfu', epoch: 3, active: { kind: 'sfu', epoch: 2 }, next: null },
    sfu: { sfuRoomId: 'sfu-room', nodeId: 'sfu-1', epoch: 2 },
  } as const;
  const peers = [
    { peerId: 'ann', producerIds: ['mic-a'] },
    { peerId: 'ben', producerIds: ['mic-b'] },
    { peerId: 'cal', producerIds: [] },
  ];
  const resume = (name: string, more: object = {}) =>
    ({ type: 'resume', arrival: arrivalOf(name, `new-${name}`), remembered, peers: null, sfu: null, ...more }) as const;

  test('the first one back rebuilds the room, and nobody who sends is missed', () => {
    const room = new TestRoom();
    assert.ok(room.apply(resume('ann', { peers })).result.ok);
    assert.deepEqual(room.topology, remembered.topology);
    assert.deepEqual(room.names, ['ann']);
    assert.deepEqual(
      room.state?.producers.map(({ participantId }) => participantId),
      ['ann', 'ben'],
    );
    assert.notEqual(room.state?.healingUntil, null);
    room.apply(resume('ben'));
    assert.deepEqual(room.names, ['ann', 'ben']);
  });

  test('whoever has not come back by the end of healing is gone, on the SFU too', () => {
    const room = new TestRoom();
    room.apply(resume('ann', { peers }));
    room.advance(SETTINGS.healingMs);
    assert.deepEqual(
      room.events.map(({ event }) => event),
      [{ type: 'producerRemoved', producerId: 'mic-b', participantId: 'ben' }, { type: 'healed' }],
    );
    assert.deepEqual(
      room.effects.map((effect) => (effect.type === 'closeSfuPeer' ? effect.peerId : effect.type)),
      ['ben', 'cal'],
    );
  });

  test('a healing room outlives the one who came back first', () => {
    const room = new TestRoom();
    room.apply(resume('ann', { peers }));
    room.ask('leave', 'ann');
    assert.notEqual(room.state, null);
    room.apply(resume('ben'));
    assert.deepEqual(room.names, ['ben']);
    room.ask('leave', 'ben');
    room.advance(SETTINGS.healingMs);
    assert.equal(room.state, null);
    assert.equal(room.effects.at(-1)?.type, 'closeSfuRoom');
  });

  test('a later memory with a higher epoch is the truth', () => {
    const room = new TestRoom();
    const older = {
      incarnation: 'first',
      topology: { phase: 'promoting', epoch: 2, active: { kind: 'mesh', epoch: 1 }, next: { kind: 'sfu', epoch: 2 } },
      sfu: remembered.sfu,
    } as const;
    room.apply({ ...resume('ann', { peers }), remembered: older });
    room.ask('ready', 'ann', { epoch: 2 });
    assert.equal(room.topology.phase, 'promoting', 'nobody knows yet who else is in the room');
    room.apply(resume('ben'));
    assert.deepEqual(room.topology, remembered.topology);
    assert.deepEqual(room.state?.producers.length, 2);
    assert.deepEqual(room.effects, []);
  });

  test('when the SFU room is gone, another one is looked for', () => {
    const room = new TestRoom();
    assert.ok(room.apply(resume('ann')).result.ok);
    assert.deepEqual(room.effects, [{ type: 'prepareSfu' }]);
    room.apply({ type: 'sfuUnavailable' });
    assert.deepEqual(room.turns, ['demoting 4 sfu_lost']);
  });

  test('a room that a newcomer made meanwhile is recognised as the one remembered', () => {
    const room = new TestRoom();
    const youngUntil = room.now + 15_000;
    room.apply({ type: 'join', arrival: arrivalOf('new'), sfu: null, incarnation: 'second', youngUntil });
    assert.ok(room.apply(resume('ann', { peers })).result.ok);
    assert.deepEqual(room.topology, remembered.topology);
    assert.deepEqual(room.names, ['new', 'ann']);
    assert.ok(room.apply(resume('ben')).result.ok);
  });

  test('a room of the same name that is another one is not', () => {
    const room = new TestRoom();
    room.apply({ type: 'join', arrival: arrivalOf('new'), sfu: null, incarnation: 'second', youngUntil: null });
    const before = room.state;
    assert.deepEqual(room.apply(resume('ann', { peers })).result, { ok: false, code: 'resume_rejected' });
    assert.deepEqual(room.state, before);
  });

  test('someone who timed out is let back in as who they were, if there is room', () => {
    const room = new TestRoom();
    room.join('ann');
    room.join('ben');
    room.ask('disconnect', 'ben');
    room.advance(SETTINGS.resumeWindowMs);
    assert.deepEqual(room.names, ['ann']);
    const mesh = { incarnation: 'first', topology: room.topology, sfu: null };
    assert.ok(room.apply({ ...resume('ben'), remembered: mesh }).result.ok);
    assert.deepEqual(room.names, ['ann', 'ben']);
    room.ask('leave', 'ben');
    for (const name of ['cal', 'dee']) room.join(name);
    assert.deepEqual(room.apply({ ...resume('ben'), remembered: mesh }).result, {
      ok: false,
      code: 'room_full_mesh_only',
    });
  });
});
