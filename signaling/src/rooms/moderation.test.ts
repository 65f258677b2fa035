import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { banOf } from './moderation.ts';
import { memoryOf } from './snapshot.ts';
import { arrivalOf, TestRoom } from './testing/room.ts';

const DAY_MS = 86_400_000;

function roomOf(...names: string[]): TestRoom {
  const room = new TestRoom();
  for (const name of names) assert.ok(room.join(name).result.ok);
  return room;
}

function by(room: TestRoom, name: string) {
  return { memberId: name, sessionId: room.member(name)?.sessionId ?? 'none' };
}

function resume(room: TestRoom, name: string) {
  const { state } = room;
  assert.ok(state);
  const remembered = memoryOf(state);
  const arrival = arrivalOf(name, 'another session');
  return room.apply({ type: 'resume', arrival, remembered, found: {}, sfu: null }).result;
}

describe('silencing', () => {
  test('everyone sees it, once; the person’s own switch stays as it is', () => {
    const room = roomOf('ann', 'ben');
    room.ask('update', 'ben', { muted: true, deafened: false });
    const input = { type: 'silence', by: by(room, 'ann'), target: { memberId: 'ben' }, silenced: true } as const;
    room.apply(input);
    const [{ event } = { event: null }] = room.events;
    assert.ok(event?.type === 'participantUpdated');
    assert.deepEqual([event.participant.muted, event.participant.silenced], [true, true]);
    room.apply(input);
    assert.deepEqual(room.events, [], 'said twice, told once');
    room.apply({ ...input, silenced: false });
    assert.deepEqual([room.member('ben')?.silenced, room.member('ben')?.muted], [false, true]);
  });

  test('leaving and coming back gives nobody the word back', () => {
    const room = roomOf('ann', 'ben');
    room.apply({ type: 'silence', by: null, target: { memberId: 'ben' }, silenced: true });
    room.ask('leave', 'ben');
    room.join('ben');
    assert.equal(room.member('ben')?.silenced, true);
  });

  test('at the SFU what they send is paused, and so is what they send later; nobody but they resumes it', () => {
    const room = new TestRoom();
    const sfu = room.onSfu('ann', 'ben', 'cal', 'dee');
    const { sfuRoomId } = sfu;
    room.ask('producerAdded', 'ben', { epoch: 2, sfuRoomId, producerId: 'one' });
    room.apply({ type: 'silence', by: null, target: { userId: 'user-ben' }, silenced: true });
    assert.deepEqual(room.effects, [{ type: 'pauseSfuProducer', sfu, peerId: 'ben', producerId: 'one' }]);
    room.ask('producerAdded', 'ben', { epoch: 2, sfuRoomId, producerId: 'two' });
    assert.deepEqual(room.effects.at(-1), { type: 'pauseSfuProducer', sfu, peerId: 'ben', producerId: 'two' });
    const forwarding = { generation: 0, slots: [] };
    room.apply({ type: 'sfuReconciled', sfuRoomId, peers: [{ peerId: 'ben', producerIds: ['two'] }], forwarding });
    assert.deepEqual(room.effects[0], { type: 'pauseSfuProducer', sfu, peerId: 'ben', producerId: 'two' });
    room.apply({ type: 'silence', by: null, target: { memberId: 'ben' }, silenced: false });
    assert.deepEqual(room.effects, []);
  });

  test('is for who is there', () => {
    const room = roomOf('ann', 'ben');
    const target = { memberId: 'nobody' };
    const { result } = room.apply({ type: 'silence', by: null, target, silenced: true });
    assert.deepEqual(result, { ok: false, code: 'participant_not_found' });
  });

  test('the list of the silenced is bounded', () => {
    const room = roomOf('ann');
    for (let i = 0; i < 200; i++) {
      room.apply({ type: 'silence', by: null, target: { userId: `user ${i}` }, silenced: true });
    }
    assert.equal(room.state?.silencedUsers.length, 128);
    assert.equal(room.state?.silencedUsers.at(-1), 'user 199');
  });
});

describe('removing', () => {
  test('ends the membership: the others are told, the connection is told, the peer is closed', () => {
    const room = new TestRoom();
    const sfu = room.onSfu('ann', 'ben', 'cal', 'dee');
    room.apply({ type: 'remove', by: by(room, 'ann'), target: { memberId: 'ben' }, bannedUntil: null });
    assert.deepEqual(room.events[0]?.event, { type: 'participantLeft', participantId: 'ben', reason: 'removed' });
    assert.deepEqual(room.effects, [
      { type: 'closeSfuPeer', sfu, peerId: 'ben' },
      { type: 'fence', memberId: 'ben', sessionId: 'session-ben', nodeId: 'node-1', fence: { code: 'removed' } },
    ]);
  });

  test('cannot be resumed; one may join anew', () => {
    const room = roomOf('ann', 'ben');
    room.apply({ type: 'remove', by: null, target: { memberId: 'ben' }, bannedUntil: null });
    assert.deepEqual(resume(room, 'ben'), { ok: false, code: 'removed' });
    const arrival = { ...arrivalOf('ben'), memberId: 'ben again', joinId: 'another join' };
    assert.ok(
      room.apply({ type: 'join', arrival, sfu: null, incarnation: 'x', youngUntil: null }).result.ok,
      'removed is not banned',
    );
  });

  test('said twice it is done once', () => {
    const room = roomOf('ann', 'ben');
    const input = { type: 'remove', by: null, target: { memberId: 'ben' }, bannedUntil: null } as const;
    assert.ok(room.apply(input).result.ok);
    assert.ok(room.apply(input).result.ok);
    assert.deepEqual([room.events, room.effects, room.hooks], [[], [], []]);
    const { result } = room.apply({ ...input, target: { memberId: 'nobody' } });
    assert.deepEqual(result, { ok: false, code: 'participant_not_found' });
  });

  test('who was alone takes the room along', () => {
    const room = roomOf('ann');
    room.apply({ type: 'remove', by: null, target: { memberId: 'ann' }, bannedUntil: null });
    assert.equal(room.state, null);
  });
});

describe('banning', () => {
  test('sends all of a user’s away and lets none in, until it is over', () => {
    const room = roomOf('ann', 'ben');
    const arrival = { ...arrivalOf('ben'), memberId: 'ben 2', joinId: 'second join', sessionId: 'second' };
    const joining = { type: 'join', arrival, sfu: null, incarnation: 'x', youngUntil: null } as const;
    assert.ok(room.apply(joining).result.ok);
    const bannedUntil = room.now + 60_000;
    room.apply({ type: 'remove', by: null, target: { userId: 'user-ben' }, bannedUntil });
    assert.deepEqual(room.names, ['ann']);
    assert.equal(room.effects.filter((effect) => effect.type === 'fence' && effect.fence.code === 'banned').length, 2);
    assert.deepEqual(room.apply(joining).result, { ok: false, code: 'banned', retryAfterMs: 60_000 });
    assert.deepEqual(resume(room, 'ben'), { ok: false, code: 'banned', retryAfterMs: 60_000 });
    room.advance(60_000);
    assert.ok(room.apply(joining).result.ok);
  });

  test('of someone who is not there holds as well; the newest saying counts', () => {
    const room = roomOf('ann');
    for (const ms of [DAY_MS, 1_000]) {
      room.apply({ type: 'remove', by: null, target: { userId: 'user-ben' }, bannedUntil: room.now + ms });
      assert.deepEqual(room.join('ben').result, { ok: false, code: 'banned', retryAfterMs: ms });
    }
    assert.equal(room.state?.removed.length, 1);
  });

  test('can be lifted; the membership that was ended stays so', () => {
    const room = roomOf('ann', 'ben');
    room.apply({ type: 'remove', by: null, target: { userId: 'user-ben' }, bannedUntil: room.now + DAY_MS });
    room.apply({ type: 'pardon', by: null, userId: 'user-ben' });
    assert.ok(room.state);
    assert.equal(banOf(room.state, 'user-ben', room.now), null);
    assert.deepEqual(resume(room, 'ben'), { ok: false, code: 'removed' });
  });

  test('no more than so many are remembered', () => {
    const room = roomOf('ann');
    for (let i = 0; i < 200; i++) {
      room.apply({ type: 'remove', by: null, target: { userId: `user ${i}` }, bannedUntil: room.now + DAY_MS });
    }
    assert.equal(room.state?.removed.length, 128);
  });
});

describe('a locked room', () => {
  test('lets nobody new in but moderators; whoever was there comes back', () => {
    const room = roomOf('ann', 'ben');
    room.apply({ type: 'lock', by: by(room, 'ann'), locked: true });
    assert.deepEqual(
      room.events.map(({ event }) => event),
      [{ type: 'roomUpdated', locked: true, pinned: [] }],
    );
    assert.deepEqual(room.join('cal').result, { ok: false, code: 'room_locked' });
    assert.ok(room.join('ben').result.ok, 'a join said again is the same');
    room.ask('disconnect', 'ben');
    assert.ok(resume(room, 'ben').ok);
    const arrival = { ...arrivalOf('mod'), passesLock: true };
    assert.ok(room.apply({ type: 'join', arrival, sfu: null, incarnation: 'x', youngUntil: null }).result.ok);
    room.apply({ type: 'lock', by: null, locked: true });
    assert.deepEqual(room.events, [], 'said twice, told once');
    room.ask('leave', 'mod');
    room.apply({ type: 'lock', by: null, locked: false });
    assert.ok(room.join('cal').result.ok);
  });

  test('is open again once it has been empty', () => {
    const room = roomOf('ann');
    room.apply({ type: 'lock', by: null, locked: true });
    room.ask('leave', 'ann');
    assert.ok(room.join('ben').result.ok);
  });
});

describe('ending a room', () => {
  test('everyone is told, the SFU room is closed, nothing is left', () => {
    const room = new TestRoom();
    const sfu = room.onSfu('ann', 'ben', 'cal', 'dee');
    room.ask('disconnect', 'dee');
    room.apply({ type: 'end', by: by(room, 'ann') });
    assert.equal(room.state, null);
    assert.deepEqual(
      room.effects.map((effect) => (effect.type === 'fence' ? [effect.fence.code, effect.memberId] : effect)),
      [['room_ended', 'ann'], ['room_ended', 'ben'], ['room_ended', 'cal'], { type: 'closeSfuRoom', sfu }],
    );
    const said = room.hooks.map(({ hook }) => hook);
    assert.deepEqual(said.at(-1), { type: 'roomEnded', reason: 'ended' });
    assert.equal(said.filter((hook) => hook.type === 'participantLeft' && hook.reason === 'ended').length, 4);
  });

  test('what is over cannot be moderated', () => {
    const room = new TestRoom();
    assert.deepEqual(room.apply({ type: 'end', by: null }).result, { ok: false, code: 'room_not_found' });
    const stranger = { memberId: 'ann', sessionId: 'x' };
    assert.deepEqual(room.apply({ type: 'end', by: stranger }).result, { ok: false, code: 'not_in_room' });
  });
});

test('who is not in the room, or speaks through an old connection, moderates nothing', () => {
  const room = roomOf('ann', 'ben');
  const inputs = [
    { type: 'silence', target: { memberId: 'ben' }, silenced: true },
    { type: 'remove', target: { memberId: 'ben' }, bannedUntil: null },
    { type: 'pardon', userId: 'user-ben' },
    { type: 'pin', memberId: 'ben', pinned: true },
    { type: 'lock', locked: true },
    { type: 'end' },
  ] as const;
  for (const input of inputs) {
    for (const speaker of [
      { memberId: 'cal', sessionId: 'session-cal' },
      { memberId: 'ann', sessionId: 'an older session' },
    ]) {
      assert.deepEqual(room.apply({ ...input, by: speaker }).result, { ok: false, code: 'not_in_room' }, input.type);
    }
  }
});

test('hooks tell a room’s story from its start to its end, numbered without a gap', () => {
  const room = new TestRoom();
  const told: string[] = [];
  const tell = () => {
    for (const { seq, stream, hook } of room.hooks) told.push(`${stream} ${seq} ${hook.type}`);
  };
  const does = (act: () => unknown) => {
    act();
    tell();
  };
  does(() => room.join('ann'));
  does(() => room.join('ben'));
  does(() => room.ask('update', 'ben', { muted: true, deafened: false }));
  does(() => room.ask('requestSfu', 'ben', { epoch: 1, sfu: room.newSfu() }));
  does(() => room.apply({ type: 'silence', by: null, target: { memberId: 'ben' }, silenced: true }));
  does(() => room.apply({ type: 'lock', by: null, locked: true }));
  does(() => room.ask('leave', 'ben'));
  does(() => room.ask('leave', 'ann'));
  assert.deepEqual(told, [
    'first 1 roomStarted',
    'first 2 participantJoined',
    'first 3 participantJoined',
    'first 4 topologyChanged',
    'first 5 participantSilenced',
    'first 6 roomLocked',
    'first 7 participantLeft',
    'first 8 participantLeft',
    'first 9 roomEnded',
  ]);
});

test('a room rebuilt after a restart begins a series of hooks of its own', () => {
  const room = roomOf('ann', 'ben');
  const { state } = room;
  assert.ok(state);
  room.state = null;
  const remembered = memoryOf(state);
  room.apply({ type: 'resume', arrival: arrivalOf('ann', 'new'), remembered, found: {}, sfu: null });
  const [first] = room.hooks;
  assert.deepEqual(first?.hook, { type: 'roomStarted', recovered: true });
  assert.equal(first?.seq, 1);
  assert.notEqual(first?.stream, state.hookStream);
});
