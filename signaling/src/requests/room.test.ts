import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PROTOCOL_VERSION } from '@parley/shared/protocol';
import { FakeClock } from '@parley/shared/runtime';
import { TestServer } from '../testing/server.ts';
import { until } from '../testing/until.ts';

describe('joining', () => {
  test('who joins gets the room as it is, and the others are told, in numbered order', async (t) => {
    const server = await TestServer.start(t);
    const ann = await server.member(t, 'Ann');
    const ben = await server.member(t, 'Ben');
    assert.equal(ann.joined?.snapshot.seq, 1);
    assert.deepEqual(
      ben.joined?.snapshot.participants.map(({ name, connection }) => [name, connection]),
      [
        ['Ann', 'connected'],
        ['Ben', 'connected'],
      ],
    );
    assert.equal(ben.joined?.snapshot.healing, false);
    await ann.hears('participantJoined');
    await ben.request('self:update', { roomId: 'lobby', muted: true, deafened: false });
    await ben.request('room:leave', { roomId: 'lobby' });
    await ann.hears('participantLeft', ({ reason, participantId }) => reason === 'left' && participantId === ben.id);
    assert.deepEqual(
      ann.events.map(({ seq, event }) => [seq, event.type]),
      [
        [2, 'participantJoined'],
        [3, 'participantUpdated'],
        [4, 'participantLeft'],
      ],
    );
    assert.deepEqual(
      ben.events.map(({ seq }) => seq),
      [3],
      'nobody is told of their own coming and going',
    );
  });

  test('a snapshot is the room as of its seq', async (t) => {
    const server = await TestServer.start(t);
    const ann = await server.member(t, 'Ann');
    await server.member(t, 'Ben');
    const { seq, participants } = await ann.snapshot();
    assert.equal(seq, 2);
    assert.deepEqual(
      participants.map(({ name }) => name),
      ['Ann', 'Ben'],
    );
  });

  test('rooms hear nothing of each other, and one connection may be in several', async (t) => {
    const server = await TestServer.start(t);
    const ann = await server.member(t, 'Ann', 'red');
    const ben = await server.member(t, 'Ben', 'blue');
    await ben.request('room:join', { roomId: 'red', name: 'B', muted: false, deafened: false, joinId: 'other-join' });
    await ann.hears('participantJoined');
    await ann.request('self:update', { roomId: 'red', muted: true, deafened: true });
    await ben.hears('participantUpdated');
    assert.deepEqual(
      ben.events.map(({ roomId }) => roomId),
      ['red'],
    );
    ben.close();
    await ann.hears('participantUpdated', ({ participant }) => participant.connection === 'reconnecting');
    assert.equal((await server.store.read('blue'))?.members[ben.id]?.connection, 'reconnecting');
  });

  test('a join said twice is one participant: on the same connection …', async (t) => {
    const server = await TestServer.start(t);
    const ann = await server.connect(t);
    const [one, two] = await Promise.all([
      ann.join('lobby', 'Ann', 'join-id-a'),
      ann.join('lobby', 'Ann', 'join-id-a'),
    ]);
    assert.equal(one.selfId, two.selfId);
    const ben = await server.member(t, 'Ben');
    assert.equal(ben.joined?.snapshot.participants.length, 2);
    await ann.hears('participantJoined');
    assert.equal(ann.events.length, 1, 'events come once');
  });

  test('… and on a new one, after the answer to the first was lost', async (t) => {
    const server = await TestServer.start(t);
    const first = await server.connect(t);
    const { selfId } = await first.join('lobby', 'Ann', 'join-id-a');
    const second = await server.connect(t);
    assert.equal((await second.join('lobby', 'Ann', 'join-id-a')).selfId, selfId);
    await until('the first connection to be fenced', () => first.closed.length === 1);
    first.close();
    const ben = await server.member(t, 'Ben');
    assert.deepEqual(
      ben.joined?.snapshot.participants.map(({ connection }) => connection),
      ['connected', 'connected'],
    );
  });

  test('one connection is one member, also when another has taken its place while it came back', async (t) => {
    const server = await TestServer.start(t);
    const ann = await server.member(t, 'Ann');
    const eve = await server.connect(t);
    const join = (joinId: string) => ({ roomId: 'lobby', name: 'Ann', muted: false, deafened: false, joinId });
    const { read } = server.store;
    let isHeld = false;
    let release = () => {};
    server.store.read = async (roomId) => {
      isHeld = true;
      server.store.read = read;
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      return server.store.read(roomId);
    };
    const again = ann.ask('room:join', join(ann.joinId));
    await until('the join to be under way', () => isHeld);
    await eve.request('room:join', join(ann.joinId));
    await until('the first connection to be fenced', () => ann.closed.length === 1);
    const another = ann.ask('room:join', join('another-join'));
    // Answered, so the one before it has been taken in as well.
    await ann.ask('nothing', {});
    release();
    await Promise.all([again, another]);
    const members = Object.values((await server.store.read('lobby'))?.members ?? {});
    assert.deepEqual(
      members.map(({ id }) => id),
      [ann.id],
    );
  });

  test('nor is it two when it resumes as who it was before it joined again', async (t) => {
    const server = await TestServer.start(t, { env: { RESUME_WINDOW_MS: '1' } });
    const ben = await server.member(t, 'Ben');
    const first = await server.member(t, 'Ann');
    const resumeInput = { ...first.resumeInput };
    first.cut();
    await ben.hears('participantLeft');
    const session = first.welcome?.session;
    const again = await server.connect(t, { auth: { versions: [PROTOCOL_VERSION], session } });
    const { selfId } = await again.join('lobby', 'Ann', first.joinId);
    assert.equal(await again.refusal('room:resume', resumeInput), 'resume_rejected');
    assert.deepEqual(
      (await again.snapshotOf('lobby')).participants.map(({ id }) => id),
      [ben.id, selfId],
    );
  });

  test('one connection is in a room once', async (t) => {
    const server = await TestServer.start(t);
    const ann = await server.member(t, 'Ann');
    const again = { roomId: 'lobby', name: 'Ann', muted: false, deafened: false, joinId: 'another-join' };
    assert.equal(await ann.refusal('room:join', again), 'already_in_room');
    await ann.request('room:leave', { roomId: 'lobby' });
    await ann.request('room:join', again);
  });

  test('the limits of a connection, of a room and of the server', async (t) => {
    const server = await TestServer.start(t, { env: { ROOM_MAX_PEERS: '2', ROOMS_MAX: '17' } });
    const ann = await server.connect(t);
    for (let i = 0; i < 16; i++) await ann.join(`room ${i}`, 'Ann');
    const input = { roomId: 'one more', name: 'A', muted: false, deafened: false, joinId: 'one-more-join' };
    assert.equal(await ann.refusal('room:join', input), 'rate_limited');
    const ben = await server.member(t, 'Ben', 'room 0');
    assert.equal(await (await server.connect(t)).refusal('room:join', { ...input, roomId: 'room 0' }), 'room_full');
    await ben.join('the last one', 'Ben');
    assert.equal(await ben.refusal('room:join', input), 'server_full');
  });
});

describe('leaving', () => {
  test('ends membership at once: nothing may be asked of the room, nothing is heard of it', async (t) => {
    const server = await TestServer.start(t);
    const ann = await server.member(t, 'Ann');
    const ben = await server.member(t, 'Ben');
    await ben.request('room:leave', { roomId: 'lobby' });
    for (const name of ['room:leave', 'room:snapshot']) {
      assert.equal(await ben.refusal(name, { roomId: 'lobby' }), 'not_in_room');
    }
    const heard = ben.events.length;
    await ann.request('self:update', { roomId: 'lobby', muted: true, deafened: false });
    await ben.refusal('room:snapshot', { roomId: 'lobby' });
    assert.equal(ben.events.length, heard);
  });

  test('cannot be resumed', async (t) => {
    const server = await TestServer.start(t);
    await server.member(t, 'Ann');
    const ben = await server.member(t, 'Ben');
    await ben.request('room:leave', { roomId: 'lobby' });
    assert.equal(await (await server.connect(t)).refusal('room:resume', ben.resumeInput), 'resume_rejected');
  });
});

describe('resuming', () => {
  test('after a dropped socket they are the same participant', async (t) => {
    const server = await TestServer.start(t);
    const ann = await server.member(t, 'Ann');
    const ben = await server.member(t, 'Ben');
    ben.cut();
    await ann.hears('participantUpdated', ({ participant }) => participant.connection === 'reconnecting');
    const back = await server.connect(t);
    const { selfId, snapshot } = await back.resume(ben);
    assert.equal(selfId, ben.id);
    assert.equal(snapshot.healing, false);
    await ann.hears('participantUpdated', ({ participant }) => participant.connection === 'connected');
    assert.deepEqual(
      ann.heard.map(({ type }) => type),
      ['participantJoined', 'participantUpdated', 'participantUpdated'],
    );
    await ann.request('self:update', { roomId: 'lobby', muted: true, deafened: false });
    await back.hears('participantUpdated', ({ participant }) => participant.id === ann.id);
  });

  test('fences the connection before: it is told, and says nothing more for the member', async (t) => {
    const server = await TestServer.start(t);
    const ann = await server.member(t, 'Ann');
    const old = await server.member(t, 'Ben');
    const back = await server.connect(t);
    await back.resume(old);
    await until('the old connection to be told', () => old.closed.length === 1);
    assert.equal(old.closed[0]?.code, 'conflict');
    assert.equal(await old.refusal('self:update', { roomId: 'lobby', muted: true, deafened: true }), 'not_in_room');
    old.close();
    assert.equal((await back.snapshot()).participants.length, 2);
    const update = { roomId: 'lobby', muted: true, deafened: false };
    await back.request('self:update', update);
    await ann.hears('participantUpdated', ({ participant }) => participant.muted);
    assert.ok(ann.heard.every((it) => it.type !== 'participantUpdated' || it.participant.connection === 'connected'));
  });

  test('a fence that is late does not end who has taken the word back since', async (t) => {
    const server = await TestServer.start(t);
    const ben = await server.member(t, 'Ben');
    const other = await server.connect(t);
    await other.resume(ben);
    await until('the first to be told', () => ben.closed.length === 1);
    await ben.resume(other);
    await until('the second to be told', () => other.closed.length === 1);
    const { sessionId = '' } = (await server.store.read('lobby'))?.members[ben.id] ?? {};
    const fence = (attachEpoch: number) =>
      server.bus.send(server.bus.nodeId, {
        ...{ type: 'fence', roomId: 'lobby', memberId: ben.id, sessionId },
        fence: { code: 'conflict', attachEpoch },
      });
    fence(2);
    await ben.request('self:update', { roomId: 'lobby', muted: true, deafened: false });
    assert.equal(ben.closed.length, 1);
    fence(4);
    await until('a newer one to be told', () => ben.closed.length === 2);
  });

  test('is nothing when the connection is gone by the time it is decided: they may be back through another', async (t) => {
    const server = await TestServer.start(t);
    const ann = await server.member(t, 'Ann');
    const ben = await server.member(t, 'Ben');
    const late = await server.connect(t);
    ben.cut();
    await ann.hears('participantUpdated', ({ participant }) => participant.connection === 'reconnecting');
    const gone = await server.store.read('lobby');
    const update = server.store.update.bind(server.store);
    let isAsked = false;
    let answer = () => {};
    const slow = new Promise<void>((resolve) => (answer = resolve));
    server.store.update = async (roomId, decide) => {
      isAsked = true;
      await slow;
      return update(roomId, decide);
    };
    late.resume(ben).catch(() => {});
    await until('the store to be asked', () => isAsked);
    late.cut();
    await until('the server to notice', async () => (await server.metric('parley_connections')) === 1);
    answer();
    await ann.request('self:update', { roomId: 'lobby', muted: true, deafened: false });
    assert.deepEqual((await server.store.read('lobby'))?.members[ben.id], gone?.members[ben.id]);
  });

  test('is over after the window: they are gone', async (t) => {
    const clock = new FakeClock();
    const server = await TestServer.start(t, { clock });
    const ann = await server.member(t, 'Ann');
    const ben = await server.member(t, 'Ben');
    ben.cut();
    await ann.hears('participantUpdated');
    clock.advance(14_999);
    assert.equal((await ann.snapshot()).participants.length, 2);
    clock.advance(1);
    await ann.hears('participantLeft', ({ reason }) => reason === 'timeout');
    const back = await server.connect(t);
    assert.equal((await back.resume(ben)).selfId, ben.id, 'and is let back in as who they were');
    await ann.hears('participantJoined', ({ participant }) => participant.id === ben.id);
  });

  test('takes tokens of this room, this server, and the right kind only', async (t) => {
    const server = await TestServer.start(t);
    const elsewhere = await TestServer.start(t, { env: { SESSION_SECRET: 'another-secret-altogether' } });
    const ann = await server.member(t, 'Ann');
    const ben = await server.member(t, 'Ben', 'other');
    const eve = await elsewhere.member(t, 'Eve');
    const stranger = await server.connect(t);
    const good = ann.resumeInput;
    assert.equal(await stranger.refusal('room:resume', good), 'resume_rejected', 'the token is of another user');
    const client = await server.connect(t);
    await client.become(ann);
    for (const bad of [
      { ...good, resumeToken: good.topologyToken },
      { ...good, topologyToken: good.resumeToken },
      { ...good, resumeToken: `${good.resumeToken}x` },
      { ...good, resumeToken: good.resumeToken.replace(/^./, (c) => (c === 'A' ? 'B' : 'A')) },
      { ...good, resumeToken: 'garbage' },
      { ...good, resumeToken: '.' },
      { ...good, roomId: 'other' },
      { ...good, topologyToken: ben.resumeInput.topologyToken },
      eve.resumeInput,
    ]) {
      assert.equal(await client.refusal('room:resume', bad), 'resume_rejected');
    }
    assert.equal((await client.request('room:resume', good)).selfId, ann.id);
  });
});

describe('vanishing', () => {
  test('while the join waits for an SFU leaves nothing behind', async (t) => {
    const server = await TestServer.start(t, { env: { MESH_MAX_PEERS: '1' } });
    const ann = await server.member(t, 'Ann');
    let open = () => {};
    server.sfu.gate = new Promise((resolve) => {
      open = resolve;
    });
    const ben = await server.connect(t);
    void ben
      .ask('room:join', { roomId: 'lobby', name: 'B', muted: false, deafened: false, joinId: 'join-b-1' })
      .catch(() => {});
    await until('the SFU to be asked', () => server.sfu.log.length > 0);
    ben.cut();
    await until('the server to notice', async () => (await server.metric('parley_connections')) === 1);
    open();
    await until('the SFU room to be closed again', () => server.sfu.counts().rooms === 0 && server.sfu.log.length > 1);
    assert.deepEqual(
      (await ann.snapshot()).participants.map(({ name }) => name),
      ['Ann'],
    );
    assert.deepEqual(ann.heard, [], 'nobody has come');
  });

  test('everyone, one way or the other, leaves no room', async (t) => {
    const server = await TestServer.start(t, { env: { RESUME_WINDOW_MS: '20' } });
    const people = [];
    for (let i = 0; i < 6; i++) people.push(await server.member(t, `Person ${i}`));
    for (const [i, person] of people.entries()) {
      if (i % 2 === 0) person.cut();
      else person.close();
    }
    await server.empty();
  });
});
