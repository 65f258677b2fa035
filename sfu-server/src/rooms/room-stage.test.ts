import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RtpCapabilities, RtpParameters } from '@parley/shared/media';
import { FakeClock, silentLogger } from '@parley/shared/runtime';
import { FakeWorker } from '../media/fake.ts';
import { OVERLAP_MS } from '../slots/stage.ts';
import { Room } from './room.ts';

const RTP = {} as RtpParameters;
const CAPABILITIES = {} as RtpCapabilities;
const CALM_MS = 1_000;
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** A room of two slots, in which these peers have opened their microphones, one on a worker of its own. */
async function setUp(...peerIds: string[]) {
  const clock = new FakeClock();
  const workers = [new FakeWorker(0), new FakeWorker(1)] as const;
  const [worker, other] = workers;
  const room = new Room({
    id: 'room',
    worker,
    router: await worker.createRouter(),
    place: () => (room.peerCount === 0 ? other : worker),
    isAlive: () => true,
    forwarding: { slots: 2, directProducersMax: 24, calmMs: CALM_MS },
    clock,
    log: silentLogger,
  });
  const producers = new Map<string, string>();
  for (const peerId of peerIds) {
    const { send } = await room.openPeer(peerId);
    producers.set(peerId, await room.peer(peerId).produce(send.id, RTP, false));
  }
  await settle();
  const consume = (peerId: string, ...producerIds: string[]) => room.peer(peerId).consume(producerIds, CAPABILITIES);
  return { clock, workers, room, consume, mic: (peerId: string) => producers.get(peerId) ?? '' };
}

test('listeners consume slots on whichever worker they are, and after a while no microphone any more', async () => {
  const { room, workers, consume, mic, clock } = await setUp('ann', 'ben', 'cat');
  const [slot] = room.state.forwarding.slots;
  assert.ok(slot);
  for (const peerId of ['ann', 'ben']) {
    const [first, second] = await consume(peerId, slot, mic('cat'));
    assert.deepEqual([first?.participantId, second?.participantId], [null, 'cat']);
  }
  const consumers = () => workers.flatMap(({ live }) => [...live]).filter((id) => id.startsWith('consumer')).length;
  const before = consumers();
  clock.advance(OVERLAP_MS);
  assert.deepEqual(
    ['ann', 'ben'].map((peerId) => room.peer(peerId).consumerCount),
    [1, 1],
  );
  assert.equal(consumers(), before - 2, 'the workers have closed them');
  assert.deepEqual(await consume('ann', mic('cat')), []);
  assert.equal((await consume('ann', slot)).length, 1);
});

test('a consumer that was asked for in time and made too late is closed', async () => {
  const { room, workers, consume, mic, clock } = await setUp('ann', 'ben', 'cat');
  for (const worker of workers) worker.pause();
  const consuming = consume('ben', mic('cat'));
  clock.advance(OVERLAP_MS);
  for (const worker of workers) worker.release();
  assert.deepEqual(await consuming, []);
  assert.equal(room.peer('ben').consumerCount, 0);
});

test('when the room forwards directly again microphones can be consumed anew, and the slots are gone from every worker', async () => {
  const { room, workers, consume, mic, clock } = await setUp('ann', 'ben', 'cat');
  const { slots } = room.state.forwarding;
  await consume('ann', ...slots);
  clock.advance(OVERLAP_MS);
  for (const peerId of ['ben', 'cat']) room.closePeer(peerId);
  await room.peer('ann').pauseProducer(mic('ann'), true);
  clock.advance(CALM_MS + 250);
  assert.deepEqual(room.state.forwarding, { generation: 2, slots: [] });
  await room.openPeer('dan');
  assert.equal((await consume('dan', mic('ann')))[0]?.participantId, 'ann');
  clock.advance(OVERLAP_MS);
  await settle();
  assert.equal(room.peer('ann').consumerCount, 0);
  for (const { live } of workers) assert.ok(!slots.some((id) => live.has(id)));
  assert.deepEqual(
    [...room.directory.entries].map(({ peerId }) => peerId),
    ['ann'],
  );
});

test('a room that ends with slots leaves nothing', async () => {
  const { room, workers, consume, clock } = await setUp('ann', 'ben', 'cat');
  await consume('ann', ...room.state.forwarding.slots);
  room.close();
  await settle();
  assert.deepEqual(
    workers.map(({ live }) => [...live]),
    [[], []],
  );
  assert.equal(clock.pending, 0);
});
