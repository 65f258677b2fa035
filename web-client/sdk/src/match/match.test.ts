import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ParleyError, type RequestName } from '@parley/shared/protocol';
import { Emitter, FakeClock, silentLogger } from '@parley/shared/runtime';
import type { MatchEvents, MatchOptions, Participant, Room, RoomEvents } from '../types.ts';
import { MatchSession, type MatchSessionOptions } from './match.ts';

type Asked = { name: string; input: Record<string, unknown> };
const settle = () => new Promise((resolve) => setImmediate(resolve));

class FakeRoom extends Emitter<RoomEvents> {
  readonly id: string;
  left = 0;
  readonly participants = new Map<string, Participant>([['me', { id: 'me', isSelf: true } as Participant]]);

  constructor(id: string) {
    super();
    this.id = id;
  }

  comes(id: string): void {
    const participant = { id, isSelf: false } as Participant;
    this.participants.set(id, participant);
    this.emit('participantJoined', participant);
  }

  goes(id: string): void {
    const participant = this.participants.get(id) as Participant;
    this.participants.delete(id);
    this.emit('participantLeft', participant);
  }

  async leave(): Promise<void> {
    this.left++;
  }
}

/** A client's side of matchmaking, with a server that answers as it is told. */
function setUp(options: MatchOptions = {}) {
  const clock = new FakeClock();
  const wire = new Emitter<Record<string, unknown[]>>();
  const asked: Asked[] = [];
  const told: Asked[] = [];
  const failures = new Map<string, Error[]>();
  const answers = new Map<string, unknown>([['match:enqueue', { state: 'waiting', since: 0 }]]);
  const rooms: FakeRoom[] = [];
  const joins: { roomId: string; pass: string }[] = [];
  const heard: string[] = [];
  let joinFails: Error | undefined;
  const connection = {
    connected: true,
    open: async () => {},
    on: (name: string, listener: (...args: unknown[]) => void) => wire.on(name, listener),
    tell: (name: string, input: Asked['input']) => void told.push({ name, input }),
    request: async (name: RequestName, input: Asked['input']) => {
      asked.push({ name, input });
      const failure = failures.get(name)?.shift();
      if (failure) throw failure;
      return answers.get(name) ?? {};
    },
  } as unknown as MatchSessionOptions['connection'];
  const events = new Emitter<MatchEvents>();
  const match = new MatchSession({
    connection,
    events,
    options,
    join: async (roomId, pass) => {
      joins.push({ roomId, pass });
      await settle();
      if (joinFails) throw joinFails;
      const room = new FakeRoom(roomId);
      rooms.push(room);
      return room as unknown as Room;
    },
    onClosed: () => heard.push('gone'),
    log: silentLogger,
    clock,
  });
  for (const event of ['waiting', 'found', 'room', 'partnerLeft', 'closed'] as (keyof MatchEvents)[]) {
    events.on(event, (...args: unknown[]) => {
      const code = event === 'closed' ? ` ${(args[0] as { code: string }).code}` : '';
      heard.push(event + code);
    });
  }
  const enqueued = () => asked.filter(({ name }) => name === 'match:enqueue');
  const ticketId = () => String(enqueued().at(-1)?.input.ticketId);
  const say = (name: string, more: object = {}, of = ticketId()) => wire.emit(name, { ticketId: of, ...more });
  return {
    ...{ match, clock, wire, asked, told, failures, answers, rooms, joins, heard, enqueued, ticketId, say, connection },
    failJoins: (error: Error | undefined) => {
      joinFails = error;
    },
    found: () => say('match:found', { matchId: 'm', confirmBy: 0, size: 2 }),
    ready: (roomId = 'match:1') => say('match:ready', { roomId, pass: 'a.b', partners: ['ben'] }),
  };
}

test('waits, confirms what is found, and joins the room with the pass', async () => {
  const it = setUp({ mode: 'talk', language: 'EN', filters: { level: ['new'] } });
  await settle();
  const { ticketId, ...wishes } = it.enqueued()[0]?.input ?? {};
  assert.deepEqual(wishes, {
    ...{ mode: 'talk', size: 2, language: 'en', region: null, attributes: {}, filters: { level: ['new'] } },
    widen: 'language',
  });
  it.found();
  assert.deepEqual(it.asked.at(-1), { name: 'match:confirm', input: { matchId: 'm' } });
  it.ready();
  await settle();
  await settle();
  assert.deepEqual(it.joins, [{ roomId: 'match:1', pass: 'a.b' }]);
  assert.deepEqual(it.heard, ['waiting', 'found', 'room']);
  assert.deepEqual([it.match.state, it.match.partners, it.match.room?.id], ['together', ['ben'], 'match:1']);
  assert.equal(typeof ticketId, 'string');
});

test('a reconnect in the middle of waiting keeps the ticket', async () => {
  const it = setUp();
  await settle();
  const before = it.ticketId();
  it.wire.emit('reconnected');
  it.wire.emit('moved');
  await settle();
  assert.deepEqual(
    it.enqueued().map(({ input }) => input.ticketId),
    [before, before, before],
  );
  assert.deepEqual(it.heard, ['waiting']);
});

test('a reconnect after a match was found hears what has become of it', async () => {
  const it = setUp();
  await settle();
  it.found();
  it.wire.emit('reconnected');
  await settle();
  assert.deepEqual([it.heard, it.match.state], [['waiting', 'found', 'waiting'], 'waiting']);
});

test('a match that comes to nothing leaves one waiting; with no news at all one asks', async () => {
  const it = setUp();
  await settle();
  it.found();
  it.say('match:requeued');
  assert.deepEqual(it.heard, ['waiting', 'found', 'waiting']);
  it.found();
  const before = it.enqueued().length;
  it.clock.advance(12_000);
  await settle();
  assert.equal(it.enqueued().length, before + 1);
});

test('a confirmation that came too late begins anew, waiting too long ends it', async () => {
  const it = setUp();
  await settle();
  const first = it.ticketId();
  it.found();
  it.say('match:closed', { code: 'match_expired', message: '' });
  await settle();
  assert.notEqual(it.ticketId(), first);
  it.say('match:closed', { code: 'match_expired', message: '' });
  assert.deepEqual(it.heard, ['waiting', 'found', 'waiting', 'gone', 'closed match_expired']);
});

test('next leaves the room and queues again, and ignores what is still said of the old ticket', async () => {
  const it = setUp();
  await settle();
  it.found();
  it.ready();
  await settle();
  await settle();
  const old = it.ticketId();
  await it.match.next();
  assert.equal(it.rooms[0]?.left, 1);
  assert.notEqual(it.ticketId(), old);
  it.say('match:found', { matchId: 'old', confirmBy: 0, size: 2 }, old);
  it.say('match:ready', { roomId: 'match:0', pass: 'a.b', partners: ['x'] }, old);
  it.rooms[0]?.emit('participantLeft', { id: 'x' } as Participant);
  assert.deepEqual([it.match.state, it.joins.length, it.heard.at(-1)], ['waiting', 1, 'waiting']);
});

test('next while the room is being joined leaves it as soon as it is', async () => {
  const it = setUp();
  await settle();
  it.found();
  it.ready();
  await it.match.next();
  await settle();
  await settle();
  assert.deepEqual([it.rooms[0]?.left, it.match.state, it.match.room], [1, 'waiting', null]);
  assert.ok(!it.heard.includes('room'));
});

test('a partner who leaves, or never comes, is told of', async () => {
  const it = setUp();
  await settle();
  it.found();
  it.ready();
  await settle();
  await settle();
  it.clock.advance(10_000);
  assert.deepEqual([it.heard.at(-1), it.match.state], ['partnerLeft', 'alone']);
  it.rooms[0]?.comes('ben');
  assert.equal(it.match.state, 'together');
  it.rooms[0]?.goes('ben');
  assert.deepEqual([it.heard.filter((name) => name === 'partnerLeft').length, it.match.state], [2, 'alone']);
});

test('a room that cannot be joined is looked for anew, a few times', async () => {
  const it = setUp();
  it.failJoins(new ParleyError('not_allowed'));
  await settle();
  for (let round = 0; round < 3; round++) {
    it.ready();
    await settle();
    await settle();
  }
  assert.deepEqual(it.heard, ['waiting', 'waiting', 'waiting', 'gone', 'closed not_allowed']);
});

test('a microphone that cannot be had ends it', async () => {
  const it = setUp();
  it.failJoins(Object.assign(new Error('no'), { name: 'NotAllowedError' }));
  await settle();
  it.ready();
  await settle();
  await settle();
  assert.equal(it.heard.at(-1), 'closed NotAllowedError');
});

test('what may succeed later is tried again, when the server says so; what may not ends it', async () => {
  const it = setUp();
  it.failures.set('match:enqueue', [
    new ParleyError('server_full', undefined, { retryAfterMs: 5_000 }),
    new ParleyError('connection_lost'),
    new ParleyError('not_allowed'),
  ]);
  await settle();
  it.clock.advance(4_999);
  await settle();
  assert.equal(it.enqueued().length, 1);
  it.clock.advance(1);
  await settle();
  it.clock.advance(1_000);
  await settle();
  assert.deepEqual(new Set(it.enqueued().map(({ input }) => input.ticketId)).size, 1);
  assert.deepEqual(it.heard, ['waiting', 'gone', 'closed not_allowed']);
});

test('cancel gives the ticket up, or leaves the room, once', async () => {
  const waiting = setUp();
  await settle();
  await waiting.match.cancel();
  await waiting.match.cancel();
  assert.deepEqual(waiting.told, [{ name: 'match:cancel', input: { ticketId: waiting.ticketId() } }]);
  assert.deepEqual(waiting.heard, ['waiting', 'gone', 'closed left']);
  await assert.rejects(waiting.match.next(), { code: 'conflict' });
  assert.equal(waiting.clock.pending, 0);
  const inRoom = setUp();
  await settle();
  inRoom.ready();
  await settle();
  await settle();
  await inRoom.match.cancel();
  assert.deepEqual([inRoom.rooms[0]?.left, inRoom.told], [1, []]);
});

test('blocks and reports are about those who were met last, or whom one names', async () => {
  const it = setUp();
  await settle();
  await assert.rejects(it.match.report('rude'), { code: 'conflict' });
  it.ready();
  await settle();
  await settle();
  await it.match.block();
  await it.match.block('cat');
  await it.match.report('rude');
  assert.deepEqual(it.asked.slice(-3), [
    { name: 'match:block', input: { userId: 'ben' } },
    { name: 'match:block', input: { userId: 'cat' } },
    { name: 'match:report', input: { userId: 'ben', roomId: 'match:1', reason: 'rude' } },
  ]);
});
