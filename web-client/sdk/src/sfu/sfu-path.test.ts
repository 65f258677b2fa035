import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProducerInfo } from '@parley/shared/protocol';
import { Emitter, FakeClock, silentLogger } from '@parley/shared/runtime';
import type { types } from './device.ts';
import { SfuPath } from './sfu-path.ts';
import type { SfuSession } from './sfu-session.ts';

/** Consumes at once whatever it is asked to: `s…` are slots, all else the microphone of whom it is called after. */
class FakeSession extends Emitter<{
  consumer: [participantId: string | null, consumer: types.Consumer];
  consumerEnded: [participantId: string | null, consumer: types.Consumer];
  stateChanged: [];
  relayMissing: [];
  failed: [];
}> {
  readonly sendReady = true;
  readonly receiveConnected = true;
  connected = true;
  readonly healthy = true;
  readonly consumers = new Map<string, types.Consumer>();
  closed = false;
  /** Its next answer never comes. */
  hangs = false;

  async consume(producerIds: string[]): Promise<void> {
    if (this.hangs) return new Promise(() => {});
    for (const producerId of producerIds.filter((id) => !this.consumers.has(id))) {
      const consumer = { producerId, rtpReceiver: { track: {} } } as unknown as types.Consumer;
      this.consumers.set(producerId, consumer);
      this.emit('consumer', ownerOf(producerId), consumer);
    }
  }

  removeProducer(producerId: string): void {
    const consumer = this.consumers.get(producerId);
    this.consumers.delete(producerId);
    if (consumer) this.emit('consumerEnded', ownerOf(producerId), consumer);
  }

  setOutgoing(): void {}

  /** How often it was told of other ICE servers. */
  told = 0;

  iceChanged(): void {
    this.told++;
  }

  close(): void {
    this.closed = true;
    this.removeAllListeners();
  }
}

const ownerOf = (producerId: string) => (producerId.startsWith('s') ? null : producerId.replace(/-.*/, ''));
const microphone = (participantId: string): ProducerInfo => ({
  epoch: 2,
  participantId,
  producerId: `${participantId}-mic`,
});
const settle = () => new Promise((resolve) => setImmediate(resolve));

async function setUp({ slots = [] as string[] } = {}) {
  const clock = new FakeClock();
  const sessions: FakeSession[] = [];
  const path = new SfuPath({
    ice: { iceServers: [], iceTransportPolicy: 'all', bundlePolicy: 'max-bundle' },
    epoch: 2,
    producers: ['ann', 'ben', 'me'].map(microphone),
    slots,
    selfId: 'me',
    opus: { dtx: true, fec: true, maxBitrate: 32_000, minBitrate: 16_000 },
    outgoing: { track: null, muted: true },
    isListening: true,
    isExpecting: () => false,
    request: async () => assert.fail('asked the server'),
    log: silentLogger,
    clock,
    openSession: async () => {
      const session = new FakeSession();
      sessions.push(session);
      return { session: session as unknown as SfuSession, mix: () => assert.fail('nothing is played here') };
    },
  });
  /** What can be heard by it now. */
  const heard = new Set<string>();
  path.events.on('sourceAdded', ({ participantId }) => heard.add(participantId));
  path.events.on('sourceRemoved', ({ participantId }) => heard.delete(participantId));
  path.events.on('slotAdded', ({ producerId }) => heard.add(producerId));
  path.events.on('slotRemoved', ({ producerId }) => heard.delete(producerId));
  path.start();
  await settle();
  const session = () => sessions.at(-1) ?? assert.fail('no session');
  return { clock, path, sessions, session, heard: () => [...heard].sort().join() };
}

test('microphones are consumed, or slots and no microphone', async () => {
  const direct = await setUp();
  assert.equal(direct.heard(), 'ann,ben');
  assert.equal(direct.path.carrier, 'direct');
  assert.ok(!direct.path.mayLeaveOut('ann'));
  const { heard, path, session } = await setUp({ slots: ['s1', 's2'] });
  assert.equal(heard(), 's1,s2');
  assert.equal(path.carrier, 'slots');
  path.producerAdded(microphone('cy'));
  await settle();
  assert.deepEqual([...session().consumers.keys()], ['s1', 's2']);
});

test('from microphones to slots and back: what carried the voices goes on until it is released', async () => {
  const { path, heard } = await setUp();
  let changes = 0;
  path.events.on('carrierChanged', () => changes++);
  path.setSlots(['s1', 's2']);
  assert.ok(!path.isConnectedTo('ann'), 'the slots are not there yet');
  await settle();
  assert.equal(heard(), 'ann,ben,s1,s2');
  assert.ok(path.isConnectedTo('ann') && path.mayLeaveOut('ann'));
  assert.ok(!path.mayLeaveOut('dan'), 'who does not send is not left out');
  path.release();
  assert.equal(heard(), 's1,s2');
  path.setSlots(['s2', 's1']);
  assert.equal(changes, 1, 'nothing has changed');
  path.setSlots([]);
  await settle();
  assert.equal(heard(), 'ann,ben,s1,s2');
  path.release();
  assert.equal(heard(), 'ann,ben');
  assert.equal(changes, 2);
});

test('slots that are needed again soon are consumed still; those that are no more are not', async () => {
  const { path, heard, session } = await setUp({ slots: ['s1', 's2'] });
  const [first] = session().consumers.values();
  path.setSlots([]);
  path.release();
  assert.equal(heard(), '');
  path.setSlots(['s1', 's3']);
  await settle();
  path.release();
  assert.equal(heard(), 's1,s3');
  assert.equal(session().consumers.get('s1'), first);
  assert.deepEqual([...session().consumers.keys()], ['s1', 's3']);
});

test('slots that took the place of others while signaling was away leave nothing of those', async () => {
  const { path, heard, session } = await setUp({ slots: ['s1', 's2'] });
  path.setSlots(['s2', 's3']);
  path.release();
  await settle();
  assert.equal(heard(), 's2,s3');
  assert.deepEqual([...session().consumers.keys()], ['s2', 's3']);
});

test('when the SFU has lost our transports others are opened at once, and what is heard stays until then', async () => {
  const { clock, path, sessions, heard } = await setUp({ slots: ['s1'] });
  path.reopen();
  assert.ok(sessions[0]?.closed);
  assert.equal(heard(), 's1');
  clock.advance(0);
  await settle();
  assert.equal(sessions.length, 2);
  assert.deepEqual([...(sessions[1]?.consumers.keys() ?? [])], ['s1']);
  path.close();
  path.reopen();
  clock.advance(10_000);
  assert.deepEqual([sessions.length, clock.pending], [2, 0]);
});

test('what was being opened when the SFU lost us is opened anew', async () => {
  const { clock, path, sessions } = await setUp();
  path.reopen();
  clock.advance(0);
  path.reopen();
  await settle();
  clock.advance(0);
  await settle();
  assert.equal(sessions.length, 3);
  assert.deepEqual(
    sessions.map(({ closed }) => closed),
    [true, true, false],
  );
});

test('who may not listen any more is heard again by a session that was begun since, and hears nothing', async () => {
  const { clock, path, sessions, session, heard } = await setUp({ slots: ['s1'] });
  path.setListening(false);
  assert.equal(heard(), '');
  clock.advance(0);
  await settle();
  assert.deepEqual([sessions.length, sessions[0]?.closed, session().consumers.size], [2, true, 0]);
  path.setListening(true);
  path.reopen();
  clock.advance(0);
  path.setListening(false);
  await settle();
  clock.advance(0);
  await settle();
  assert.deepEqual([sessions.length, sessions[2]?.closed, session().closed], [4, true, false]);
  assert.equal(heard(), '');
});

test('a session that is lost while microphones give way to slots leaves no stale source', async () => {
  const { clock, path, heard } = await setUp();
  path.setSlots(['s1']);
  path.reopen();
  clock.advance(0);
  await settle();
  assert.equal(heard(), 'ann,ben,s1');
  path.release();
  assert.equal(heard(), 's1');
});

test('what a lost session still waits for is not waited for', async () => {
  const { clock, path, session, heard } = await setUp();
  session().hangs = true;
  path.producerAdded(microphone('cy'));
  await settle();
  path.producerAdded(microphone('dan'));
  path.reopen();
  clock.advance(0);
  await settle();
  assert.equal(heard(), 'ann,ben,cy,dan');
});

test('credentials that are renewed reach the session there is', async () => {
  const { path, session } = await setUp();
  path.iceChanged();
  assert.equal(session().told, 1);
});

test('a path without the relay it needs is not healthy, however often it opens a session, until one is connected', async () => {
  const { clock, path, sessions, session } = await setUp();
  let told = 0;
  path.events.on('relayMissing', () => told++);
  for (const round of [1, 2]) {
    session().connected = false;
    session().emit('relayMissing');
    session().emit('failed');
    clock.advance(1_000);
    await settle();
    assert.deepEqual([path.healthy, told, sessions.length], [false, round, round + 1]);
  }
  session().emit('stateChanged');
  assert.ok(path.healthy);
});
