import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Match, MatchEvents, MatchOptions, Participant, Room } from '@parley/voice-sdk';
import { type MeetRequest, MeetSession } from './meet.ts';
import { DEFAULT_MICROPHONE, NO_MICROPHONE } from './microphone-choice.ts';

const request: MeetRequest = {
  name: 'Dora',
  wishes: { language: 'de', region: '', topic: '', size: 2 },
  microphone: DEFAULT_MICROPHONE,
};

/** Who comes and goes in a room that was found. */
class FakeRoom {
  readonly #listeners = new Map<string, (...args: unknown[]) => void>();
  readonly participants = new Map<string, Participant>();
  readonly id: string;
  readonly topology = 'mesh';
  readonly connectionState = 'connected';
  readonly deafened = false;
  readonly locked = false;
  muted = false;
  microphone: unknown;

  constructor(id: string, ...names: string[]) {
    this.id = id;
    this.participants.set('me', { id: 'me', userId: 'user-me', name: 'Dora', isSelf: true } as Participant);
    for (const name of names) this.#add(name);
  }

  get self(): Participant {
    return this.participants.get('me') as Participant;
  }

  setMuted(muted: boolean): void {
    this.muted = muted;
  }

  async setMicrophone(microphone: unknown): Promise<void> {
    this.microphone = microphone;
  }

  /** How many still listen. */
  get followers(): number {
    return this.#listeners.size;
  }

  on(event: string, listener: (...args: unknown[]) => void): () => void {
    const key = `${event} ${this.#listeners.size}`;
    this.#listeners.set(key, listener);
    return () => this.#listeners.delete(key);
  }

  comes(name: string): void {
    this.#emit('participantJoined', this.#add(name));
  }

  goes(name: string): void {
    const one = this.participants.get(name);
    this.participants.delete(name);
    this.#emit('participantLeft', one);
  }

  closes(code: string): void {
    this.#emit('closed', { code, message: code });
  }

  #add(name: string): Participant {
    const one = { id: name, userId: `user-${name}`, name, isSelf: false } as Participant;
    this.participants.set(name, one);
    return one;
  }

  #emit(event: string, ...args: unknown[]): void {
    for (const [key, listener] of [...this.#listeners]) if (key.startsWith(`${event} `)) listener(...args);
  }
}

class FakeTrack {
  readyState: MediaStreamTrackState = 'live';

  stop(): void {
    this.readyState = 'ended';
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

function setUp() {
  let now = 1000;
  const log: string[] = [];
  const asked: MatchOptions[] = [];
  const tracks: FakeTrack[] = [];
  const microphone = { error: undefined as Error | undefined, pending: undefined as Promise<void> | undefined };
  const listeners = new Map<string, (...args: never[]) => void>();
  const emit = <E extends keyof MatchEvents>(event: E, ...args: MatchEvents[E]) =>
    (listeners.get(event) as ((...args: MatchEvents[E]) => void) | undefined)?.(...args);
  const match = {
    on: (event: string, listener: (...args: never[]) => void) => {
      listeners.set(event, listener);
      return () => listeners.delete(event);
    },
    next: async () => void log.push('next'),
    cancel: async () => void log.push('cancel'),
    block: async (userId: string) => void log.push(`block ${userId}`),
    report: async (reason: string, userId: string) => void log.push(`report ${userId}: ${reason}`),
  } as unknown as Match;
  const session = new MeetSession({
    connect: (name) => {
      log.push(`connect ${name}`);
      return {
        match: (options) => {
          asked.push(options);
          return match;
        },
        close: async () => void log.push('close'),
      };
    },
    openMicrophone: async () => {
      await microphone.pending;
      if (microphone.error) throw microphone.error;
      const track = new FakeTrack();
      tracks.push(track);
      return track as unknown as MediaStreamTrack;
    },
    now: () => now,
  });
  const enter = (room: FakeRoom) => emit('room', room as unknown as Room);
  const pass = (ms: number) => {
    now += ms;
  };
  return { session, emit, enter, log, asked, listeners, tracks, microphone, pass, state: () => session.getSnapshot() };
}

function talking(state: ReturnType<MeetSession['getSnapshot']>) {
  assert.equal(state.phase, 'talking');
  return state as Extract<typeof state, { phase: 'talking' }>;
}

test('from the form to a stranger', async () => {
  const { session, emit, enter, state, log, asked, tracks } = setUp();
  const starting = session.start(request);
  assert.deepEqual(state(), { phase: 'preparing', request });
  assert.deepEqual(log, [], 'nobody waits for us before there is a microphone');
  await Promise.all([starting, session.start(request)]);
  assert.deepEqual(state(), { phase: 'looking', request, since: 1000, again: false, note: null });
  assert.deepEqual([asked.length, asked[0]?.language, asked[0]?.muted], [1, 'de', false]);
  assert.equal(asked[0]?.microphone, tracks[0]);
  emit('waiting');
  emit('found', 2);
  assert.equal(state().phase, 'found');
  const room = new FakeRoom('match:1');
  enter(room);
  assert.deepEqual(talking(state()).met, []);
  room.comes('Ada');
  assert.deepEqual(talking(state()).met, [{ userId: 'user-Ada', name: 'Ada' }]);
  assert.deepEqual(log, ['connect Dora']);
});

test('who listens only is muted, and not asked for a microphone', async () => {
  const { session, asked, tracks } = setUp();
  await session.start({ ...request, microphone: NO_MICROPHONE });
  assert.deepEqual([asked[0]?.microphone, asked[0]?.muted, tracks.length], [false, true, 0]);
});

test('a microphone that cannot be had is said before anybody waits', async () => {
  const { session, state, log, microphone } = setUp();
  microphone.error = Object.assign(new Error('no'), { name: 'NotAllowedError' });
  await session.start(request);
  const now = state();
  assert.ok(now.phase === 'choosing' && now.failure?.microphone);
  assert.deepEqual(log, []);
});

test('who gives up while the browser still asks is not surprised later', async () => {
  const { session, state, log, microphone, tracks } = setUp();
  let allow = () => {};
  microphone.pending = new Promise((resolve) => {
    allow = resolve;
  });
  const starting = session.start(request);
  session.stop();
  allow();
  await starting;
  assert.equal(state().phase, 'choosing');
  assert.deepEqual([tracks[0]?.readyState, log], ['ended', []]);
});

test('someone who did not come is told of, and the waiting goes on', async () => {
  const { session, emit, state, pass } = setUp();
  await session.start(request);
  pass(5000);
  emit('found', 2);
  emit('waiting');
  assert.deepEqual(state(), { phase: 'looking', request, since: 1000, again: true, note: null });
});

test('on to the next: the room is followed no more, and the looking begins anew', async () => {
  const { session, enter, state, log, pass } = setUp();
  await session.start(request);
  const room = new FakeRoom('match:1', 'Ada');
  enter(room);
  room.goes('Ada');
  assert.deepEqual(
    talking(state()).met.map(({ name }) => name),
    ['Ada'],
    'who has left can still be reported',
  );
  pass(60_000);
  session.next();
  assert.deepEqual(state(), { phase: 'looking', request, since: 61_000, again: false, note: null });
  assert.deepEqual(log, ['connect Dora', 'next']);
  session.next();
  assert.deepEqual(log, ['connect Dora', 'next'], 'not twice');
  const other = new FakeRoom('match:2', 'Ben');
  enter(other);
  room.comes('Late');
  assert.deepEqual(
    talking(state()).met.map(({ name }) => name),
    ['Ben'],
  );
});

test('whoever muted themselves, or changed the microphone, is so in the next room too', async () => {
  const { session, enter, state } = setUp();
  await session.start(request);
  enter(new FakeRoom('match:1', 'Ada'));
  talking(state()).store.setMuted(true);
  await talking(state()).store.setMicrophone('headset');
  session.next();
  const room = new FakeRoom('match:2', 'Ben');
  enter(room);
  await settled();
  assert.deepEqual([room.muted, room.microphone], [true, { deviceId: { exact: 'headset' } }]);
  assert.equal(talking(state()).store.getSnapshot().muted, true);
});

test('nobody comes into the room: that is said, until they do', async () => {
  const { session, emit, enter, state } = setUp();
  await session.start(request);
  const room = new FakeRoom('match:1');
  enter(room);
  assert.equal(talking(state()).missed, false);
  emit('partnerLeft', null);
  assert.equal(talking(state()).missed, true);
  room.comes('Ada');
  assert.equal(talking(state()).missed, false);
});

test('a room that is closed from outside leaves the way open to someone else', async () => {
  const { session, enter, state, log } = setUp();
  await session.start(request);
  const room = new FakeRoom('match:1', 'Ada');
  enter(room);
  room.closes('room_ended');
  assert.match(talking(state()).over?.title ?? '', /ended/);
  session.next();
  assert.equal(state().phase, 'looking');
  assert.ok(log.includes('next'));
});

test('giving up, and leaving, end it all', async () => {
  const { session, enter, state, log, listeners, tracks } = setUp();
  await session.start(request);
  session.stop();
  assert.deepEqual(state(), { phase: 'choosing', failure: null, ended: false });
  assert.deepEqual(log, ['connect Dora', 'cancel']);
  assert.equal(listeners.size, 0);
  session.stop();
  await session.start(request);
  const room = new FakeRoom('match:1', 'Ada');
  enter(room);
  session.stop();
  assert.deepEqual(state(), { phase: 'choosing', failure: null, ended: true });
  assert.equal(room.followers, 0);
  assert.deepEqual(
    tracks.map(({ readyState }) => readyState),
    ['ended', 'ended'],
  );
});

test('the server goes on knowing us while the page is open under one name', async () => {
  const { session, log } = setUp();
  await session.start(request);
  session.stop();
  await session.start(request);
  session.stop();
  await session.start({ ...request, name: 'Dorothea' });
  session.close();
  assert.deepEqual(log, ['connect Dora', 'cancel', 'cancel', 'close', 'connect Dorothea', 'cancel', 'close']);
});

test('what ends it from outside is said in words', async () => {
  const { session, emit, state, log } = setUp();
  await session.start(request);
  emit('closed', { code: 'server_full', message: 'full' });
  const ended = state();
  assert.ok(ended.phase === 'choosing' && ended.failure);
  assert.match(ended.failure.title, /full/);
  assert.match(ended.failure.advice, /press Meet someone/);
  assert.ok(log.includes('close'));
});

test('a report and a block go to the SDK', async () => {
  const { session, enter, log } = setUp();
  await session.report('user-Ada', 'spam');
  await session.start(request);
  enter(new FakeRoom('match:7', 'Ada'));
  await session.report('user-Ada', 'spam');
  await session.block('user-Ada');
  assert.deepEqual(log.slice(1), ['report user-Ada: spam', 'block user-Ada']);
});
