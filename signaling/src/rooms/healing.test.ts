import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { snapshotOf } from './snapshot.ts';
import { arrivalOf, SETTINGS, TestRoom } from './testing/room.ts';

describe('after a restart', () => {
  /** What a member remembers of a room on an SFU at epoch 3. */
  const remembered = {
    incarnation: 'first',
    topology: { phase: 'sfu', epoch: 3, active: { kind: 'sfu', epoch: 2 }, next: null },
    sfu: { sfuRoomId: 'sfu-room', nodeId: 'sfu-1', epoch: 2 },
    nextSfu: null,
  } as const;
  const peers = [
    { peerId: 'ann', producerIds: ['mic-a'] },
    { peerId: 'ben', producerIds: ['mic-b'] },
    { peerId: 'cal', producerIds: [] },
  ];
  const found = { 'sfu-room': { peers, forwarding: { generation: 3, slots: ['slot'] } } };
  const resume = (name: string, more: object = {}) =>
    ({ type: 'resume', arrival: arrivalOf(name, `new-${name}`), remembered, found: {}, sfu: null, ...more }) as const;

  test('the first one back rebuilds the room, and nobody who sends is missed', () => {
    const room = new TestRoom();
    assert.ok(room.apply(resume('ann', { found })).result.ok);
    assert.deepEqual(room.topology, remembered.topology);
    assert.deepEqual(room.names, ['ann']);
    assert.deepEqual(
      room.state?.producers.map(({ participantId }) => participantId),
      ['ann', 'ben'],
    );
    assert.ok(room.state);
    assert.deepEqual(snapshotOf(room.state).slots, [{ epoch: 2, producerIds: ['slot'] }]);
    assert.notEqual(room.state.healingUntil, null);
    room.apply(resume('ben'));
    assert.deepEqual(room.names, ['ann', 'ben']);
  });

  test('whoever has not come back by the end of healing is gone, on the SFU too', () => {
    const room = new TestRoom();
    room.apply(resume('ann', { found }));
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
    room.apply(resume('ann', { found }));
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
      nextSfu: null,
    } as const;
    room.apply({ ...resume('ann', { found }), remembered: older });
    room.ask('ready', 'ann', { epoch: 2 });
    assert.equal(room.topology.phase, 'promoting', 'nobody knows yet who else is in the room');
    room.apply(resume('ben'));
    assert.deepEqual(room.topology, remembered.topology);
    assert.deepEqual(room.state?.producers.length, 2);
    assert.deepEqual(room.effects, []);
  });

  test('an SFU room that only a later memory knows of is taken over with its slots', () => {
    const room = new TestRoom();
    const mesh = { kind: 'mesh', epoch: 1 } as const;
    const before = {
      ...remembered,
      topology: { phase: 'mesh', epoch: 1, active: mesh, next: null },
      sfu: null,
    } as const;
    room.apply({ ...resume('ann'), remembered: before });
    room.apply(resume('ben', { found }));
    assert.ok(room.state);
    assert.deepEqual(snapshotOf(room.state).slots, [{ epoch: 2, producerIds: ['slot'] }]);
    assert.deepEqual(room.effects.at(-1), {
      type: 'pinSfuPeers',
      sfu: { sfuRoomId: 'sfu-room', nodeId: 'sfu-1' },
      peerIds: [],
    });
  });

  test('slots of a path that gives way to another one of the same number go with it', () => {
    const room = new TestRoom();
    const other = { ...remembered.sfu, sfuRoomId: 'made anew' };
    const forwarding = { generation: 1, slots: ['older'] };
    const anew = { ...remembered, topology: { ...remembered.topology, epoch: 2 }, sfu: other };
    room.apply(resume('ann', { remembered: anew, found: { 'made anew': { peers: [], forwarding } } }));
    room.apply(resume('ben', { found: { 'sfu-room': { peers, forwarding: { generation: 0, slots: [] } } } }));
    assert.ok(room.state);
    assert.deepEqual(snapshotOf(room.state).slots, []);
    assert.deepEqual(
      room.events.flatMap(({ event }) => (event.type === 'slotsChanged' ? [event.slots] : [])),
      [{ epoch: 2, producerIds: [] }],
    );
  });

  test('when the SFU room is gone, another one is looked for', () => {
    const room = new TestRoom();
    assert.ok(room.apply(resume('ann')).result.ok);
    assert.deepEqual(room.effects, [{ type: 'prepareSfu', not: null, edgeOf: null }]);
    room.apply({ type: 'sfuUnavailable' });
    assert.deepEqual(room.turns, ['demoting 4 sfu_lost']);
  });

  test('a room that a newcomer made meanwhile is recognised as the one remembered', () => {
    const room = new TestRoom();
    const youngUntil = room.now + 15_000;
    room.apply({ type: 'join', arrival: arrivalOf('new'), sfu: null, incarnation: 'second', youngUntil });
    assert.ok(room.apply(resume('ann', { found })).result.ok);
    assert.deepEqual(room.topology, remembered.topology);
    assert.deepEqual(room.names, ['new', 'ann']);
    assert.ok(room.apply(resume('ben')).result.ok);
  });

  test('a room of the same name that is another one is not', () => {
    const room = new TestRoom();
    room.apply({ type: 'join', arrival: arrivalOf('new'), sfu: null, incarnation: 'second', youngUntil: null });
    const before = room.state;
    assert.deepEqual(room.apply(resume('ann', { found })).result, { ok: false, code: 'resume_rejected' });
    assert.deepEqual(room.state, before);
  });

  test('someone who timed out is let back in as who they were, if there is room', () => {
    const room = new TestRoom();
    room.join('ann');
    room.join('ben');
    room.ask('disconnect', 'ben');
    room.advance(SETTINGS.resumeWindowMs);
    assert.deepEqual(room.names, ['ann']);
    const mesh = { incarnation: 'first', topology: room.topology, sfu: null, nextSfu: null };
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
