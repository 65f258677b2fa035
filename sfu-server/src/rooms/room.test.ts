import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ParleyError } from '@parley/shared/protocol';
import { FakeClock, silentLogger } from '@parley/shared/runtime';
import { FakeWorker } from '../media/fake.ts';
import type { MediaWorker } from '../media/ports.ts';
import { NO_SLOTS } from '../testing/room.ts';
import { type OpenEdge, Room } from './room.ts';

async function setUp(openEdge?: OpenEdge) {
  const clock = new FakeClock();
  const [home, other] = [new FakeWorker(0), new FakeWorker(1)];
  const place: { next: MediaWorker } = { next: other };
  const dead = new Set<MediaWorker>();
  const room = new Room({
    id: 'room',
    worker: home,
    router: await home.createRouter(),
    place: () => place.next,
    forwarding: NO_SLOTS,
    isAlive: (worker) => !dead.has(worker),
    openEdge,
    clock,
    log: silentLogger,
  });
  return { clock, room, home, other, place, dead };
}

test('peers who come at once to a worker the room is not on share one branch', async () => {
  const { room, other } = await setUp();
  await Promise.all(['ann', 'ben', 'cat'].map((id) => room.openPeer(id)));
  assert.equal(other.routers.length, 1);
  assert.equal(room.branches.length, 2);
  assert.deepEqual(room.listeners.get(other), { settled: 0, joining: 3 });
});

test('a peer that goes, or comes again elsewhere, while its branch is made is not on it', async () => {
  const { room, other, home, place, clock } = await setUp();
  other.pause();
  const [gone, moved] = [room.openPeer('ann'), room.openPeer('ben')];
  room.closePeer('ann');
  place.next = home;
  await room.openPeer('ben');
  other.release();
  await assert.rejects(gone, { code: 'not_found' });
  await assert.rejects(moved, { code: 'not_found' });
  assert.equal(room.peerCount, 1);
  assert.deepEqual([...room.listeners.keys()], [home]);
  assert.deepEqual(
    [...other.live],
    other.routers.map(({ id }) => id),
    'the router alone',
  );
  clock.advance(10_000);
  assert.deepEqual([...other.live], [], 'nobody came to it');
});

test('a worker that dies while a branch is made there leaves the room as it was, and another try may go elsewhere', async () => {
  const { room, other, home, place, dead } = await setUp();
  other.pause();
  const opening = room.openPeer('ann');
  dead.add(other);
  room.handleWorkerDied(other);
  other.release();
  await assert.rejects(opening, { code: 'sfu_unavailable' });
  assert.deepEqual([...other.live], []);
  assert.equal(room.peerCount, 0);
  place.next = home;
  await room.openPeer('ann');
});

test('a peer that goes while another node is asked to take it is not opened here when that node does not', async () => {
  const refusal = Promise.withResolvers<never>();
  const { room, other, home } = await setUp(() => refusal.promise);
  const at = { nodeId: 'away', url: 'http://away' };
  const [gone, stays] = [room.openPeer('ann', at), room.openPeer('ben', at)];
  room.closePeer('ann');
  refusal.reject(new ParleyError('sfu_unavailable'));
  await assert.rejects(gone, { code: 'sfu_unavailable' });
  await stays;
  assert.deepEqual(
    room.state.peers.map(({ peerId }) => peerId),
    ['ben'],
  );
  assert.equal([...home.live, ...other.live].filter((id) => id.startsWith('transport')).length, 2);
});

test('a room that closes while it grows leaves nothing', async () => {
  const { room, other, home, clock } = await setUp();
  other.pause();
  const opening = room.openPeer('ann');
  room.close();
  other.release();
  await assert.rejects(opening, { code: 'not_found' });
  assert.deepEqual([...home.live, ...other.live], []);
  assert.equal(clock.pending, 0);
});

test('who has just come is expected to hear everybody, until they hear who is there or some time has passed', async () => {
  const { room, other, clock } = await setUp();
  const { send } = await room.openPeer('ann');
  await room.openPeer('ben');
  const producerId = await room.peer('ann').produce(send.id, { codecs: [], encodings: [{}] }, false);
  const [consumer] = await room.peer('ben').consume([producerId], { codecs: [] });
  assert.ok(consumer);
  assert.deepEqual(room.listeners.get(other), { settled: 0, joining: 2 });
  await room.peer('ben').resumeConsumers([consumer.consumerId]);
  assert.deepEqual(room.listeners.get(other), { settled: 1, joining: 1 });
  clock.advance(10_000);
  assert.deepEqual(room.listeners.get(other), { settled: 2, joining: 0 });
  room.closePeer('ann');
  room.closePeer('ben');
  assert.equal(room.listeners.size, 0);
});
