import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Participant, Room, RoomEvents } from '@parley/voice-sdk';
import { DEFAULT_MICROPHONE, NO_MICROPHONE } from './microphone-choice.ts';
import { NoticeBoard, type Timers } from './notice-board.ts';
import { RoomStore } from './room-store.ts';

const NEVER: Timers = { after: () => () => {} };

const person = (id: string, rest: Partial<Participant> = {}): Participant => ({
  id,
  userId: `user-${id}`,
  name: id,
  metadata: {},
  isSelf: false,
  muted: false,
  deafened: false,
  silenced: false,
  speaking: false,
  connection: 'connected',
  canSpeak: true,
  canListen: true,
  pinned: false,
  path: 'mesh',
  volume: 1,
  ...rest,
});

function setUp(microphone = DEFAULT_MICROPHONE) {
  const listeners = new Map<string, (...args: never[]) => void>();
  const state = {
    muted: microphone === NO_MICROPHONE,
    deafened: false,
    microphoneError: undefined as Error | undefined,
    refusal: undefined as Error | undefined,
  };
  const asked: unknown[] = [];
  const people = new Map([person('ada'), person('me', { isSelf: true }), person('bo')].map((one) => [one.id, one]));
  const room = {
    id: 'lobby',
    topology: 'mesh',
    connectionState: 'connected',
    participants: people,
    locked: false,
    moderate: {
      pin: async (id: string, pinned: boolean) => {
        asked.push([id, pinned]);
        if (state.refusal) throw state.refusal;
      },
    },
    get self() {
      return people.get('me');
    },
    get muted() {
      return state.muted;
    },
    get deafened() {
      return state.deafened;
    },
    setMuted: (muted: boolean) => {
      state.muted = muted;
    },
    setDeafened: (deafened: boolean) => {
      state.deafened = deafened;
    },
    setMicrophone: async (choice: unknown) => {
      asked.push(choice);
      if (state.microphoneError) throw state.microphoneError;
    },
    on: (event: string, listener: (...args: never[]) => void) => {
      listeners.set(event, listener);
      return () => listeners.delete(event);
    },
  };
  const notices = new NoticeBoard(NEVER);
  const store = new RoomStore(room as unknown as Room, notices, microphone);
  const emit = <E extends keyof RoomEvents>(event: E, ...args: RoomEvents[E]) =>
    (listeners.get(event) as ((...args: RoomEvents[E]) => void) | undefined)?.(...args);
  return { store, state, asked, people, notices, emit, listeners, view: () => store.getSnapshot() };
}

test('oneself comes first, the others as they came', () => {
  const { view, people, emit } = setUp();
  people.set('cy', person('cy'));
  emit('participantJoined', person('cy'));
  assert.deepEqual(
    view().participants.map((one) => one.id),
    ['me', 'ada', 'bo', 'cy'],
  );
});

test('mutes and unmutes', async () => {
  const { store, view } = setUp();
  await store.toggleMuted();
  assert.equal(view().muted, true);
  await store.toggleMuted();
  assert.equal(view().muted, false);
});

test('unmuting without a microphone asks for one, and stays muted when there is none', async () => {
  const { store, state, asked, view } = setUp(NO_MICROPHONE);
  state.microphoneError = Object.assign(new Error('no'), { name: 'NotAllowedError' });
  await store.toggleMuted();
  assert.equal(view().muted, true);
  assert.match(view().problem?.title ?? '', /blocked/);
  state.microphoneError = undefined;
  await store.toggleMuted();
  assert.equal(view().muted, false);
  assert.equal(view().problem, null);
  assert.equal(view().microphone, DEFAULT_MICROPHONE);
  assert.deepEqual(asked, [true, true]);
});

test('a microphone that ends leaves one muted, listening, and told so', () => {
  const { view, emit } = setUp();
  emit('microphoneError', Object.assign(new Error('ended'), { name: 'NotFoundError' }));
  assert.equal(view().muted, true);
  assert.equal(view().microphone, NO_MICROPHONE);
  assert.match(view().problem?.title ?? '', /stopped/);
});

test('that no relay is to be had is said until one is', () => {
  const { view, emit } = setUp();
  emit('connectionState', 'reconnecting');
  emit('relayUnavailable', Object.assign(new Error('none'), { code: 'relay_unavailable', retryable: true }) as never);
  assert.match(view().problem?.title ?? '', /relay/);
  emit('connectionState', 'connected');
  assert.equal(view().problem, null);
  // What is wrong besides is not mended by that.
  emit('microphoneError', Object.assign(new Error('ended'), { name: 'NotFoundError' }));
  emit('connectionState', 'connected');
  assert.match(view().problem?.title ?? '', /microphone/);
});

test('choosing no microphone mutes, choosing another keeps what was', async () => {
  const { store, view, asked } = setUp();
  await store.setMicrophone('usb');
  assert.equal(view().muted, false);
  await store.setMicrophone(NO_MICROPHONE);
  assert.equal(view().muted, true);
  assert.deepEqual(asked, [{ deviceId: { exact: 'usb' } }, false]);
});

test('a handover is told with the silence it cost, whichever event comes first', () => {
  const { view, emit, notices } = setUp();
  const report = { from: 'mesh', to: 'sfu', epoch: 2, durationMs: 300, silenceMs: 0.4, speakers: new Map() } as const;
  emit('topologyChanged', 'sfu', 2);
  emit('handover', report);
  emit('topologyChanged', 'sfu', 2);
  assert.deepEqual(
    notices.getSnapshot().map((notice) => notice.text),
    ['Moved to SFU · 0 ms of silence'],
  );
  assert.equal(view().moves[0]?.epoch, 2);
});

test('a closed store listens to nothing any more', () => {
  const { store, listeners } = setUp();
  store.close();
  assert.equal(listeners.size, 0);
});

test('a moderator pins people, and is told when no more can be', async () => {
  const { store, state, asked, notices } = setUp();
  await store.pin('ada', true);
  assert.deepEqual([asked, notices.getSnapshot()], [[['ada', true]], []]);
  state.refusal = Object.assign(new Error('four are'), { code: 'conflict' });
  await store.pin('bo', true);
  assert.deepEqual(
    notices.getSnapshot().map(({ text }) => text),
    ['No more people can be pinned.'],
  );
});

test('who is pinned is no news of the lock', () => {
  const { emit, notices, view } = setUp();
  emit('roomUpdated', { locked: false, pinned: ['ada'] });
  assert.deepEqual(notices.getSnapshot(), []);
  emit('roomUpdated', { locked: true, pinned: ['ada'] });
  assert.ok(view().locked);
  assert.equal(notices.getSnapshot().length, 1);
});
