import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@parley/shared/runtime';
import { noMedia } from '../media/ports.ts';
import { assertEmpty } from '../testing/empty.ts';
import type { ControlLink } from '../testing/link.ts';
import { TestPeer } from '../testing/media.ts';
import { startTestSfu } from '../testing/sfu.ts';
import { until } from '../testing/until.ts';

/** A room of ten, everybody heard by four others. */
async function fillRoom(link: ControlLink, sfuRoomId: string): Promise<TestPeer[]> {
  await link.request('room:open', { sfuRoomId });
  const ids = Array.from({ length: 10 }, (_, n) => `peer-${n}`);
  const peers = await Promise.all(ids.map((id) => TestPeer.open(link, sfuRoomId, id)));
  const producers = await Promise.all(peers.map((peer) => peer.produce()));
  await Promise.all(
    peers.map(async (peer, n) => {
      const consumers = await peer.consume(...[1, 2, 3, 4].map((step) => producers[(n + step) % 10] ?? ''));
      assert.equal(consumers.length, 4);
      await peer.resume(...consumers.map(({ consumerId }) => consumerId));
    }),
  );
  return peers;
}

test('500 peers come and go, by every way out, and nothing is left', async (t) => {
  const sfu = await startTestSfu(t, { env: { WORKERS: '2' } });
  const link = await sfu.link();
  for (let round = 0; round < 50; round++) {
    const sfuRoomId = `room-${round}`;
    const peers = await fillRoom(link, sfuRoomId);
    if (round === 0) {
      // Ten open microphones mean six slots, into each of which somebody's packets go.
      const { consumers, producers } = FULL_ROOM;
      const withSlots = { ...FULL_ROOM, directs: 1, levels: 1, producers: producers + 6, consumers: consumers + 6 };
      await until('the slots', () => sfu.counts().consumers === withSlots.consumers);
      assert.deepEqual({ ...sfu.counts(), workers: 0 }, withSlots);
    }
    switch (round % 4) {
      case 0:
        await link.request('room:close', { sfuRoomId });
        break;
      case 1:
        for (const peer of peers) await link.request('peer:close', peer.of);
        await link.request('room:close', { sfuRoomId });
        break;
      case 2:
        // Everybody comes back under the same id before the room closes.
        await Promise.all(peers.map(({ peerId }) => TestPeer.open(link, sfuRoomId, peerId)));
        await link.request('room:close', { sfuRoomId });
        break;
      default:
        // Cut off in mid-request.
        void Promise.allSettled(peers.map((peer) => peer.produce()));
        void Promise.allSettled(peers.map(({ peerId }) => TestPeer.open(link, sfuRoomId, `${peerId}-again`)));
        await link.request('room:close', { sfuRoomId });
    }
  }
  await assertEmpty(sfu);
});

const FULL_ROOM = {
  ...noMedia(),
  workers: 0,
  rooms: 1,
  routers: 1,
  peers: 10,
  transports: 20,
  producers: 10,
  consumers: 40,
};

test('rooms whose signaling is gone go on, then end with their lease and leave nothing', async (t) => {
  const clock = new FakeClock();
  const env = { ORPHAN_LEASE_MS: '1000', WORKER_PROBE_INTERVAL_MS: '600000', SPEAKER_SLOTS: '11' };
  const sfu = await startTestSfu(t, { clock, env });
  const first = await sfu.link({ nodeId: 'signaling-1' });
  await fillRoom(first, 'kept');
  await fillRoom(first, 'left');
  first.close();
  const second = await sfu.link({ nodeId: 'signaling-2' });
  const { peers } = await second.request('room:adopt', { sfuRoomId: 'kept' });
  assert.equal(peers.length, 10);
  assert.equal(sfu.counts().rooms, 2, 'the media goes on without signaling');
  await until('the lease to end', () => {
    clock.advance(1_000);
    return sfu.counts().rooms === 1;
  });
  await assert.rejects(second.request('room:adopt', { sfuRoomId: 'left' }), { code: 'not_found' });
  assert.deepEqual({ ...sfu.counts(), workers: 0 }, FULL_ROOM);

  second.close();
  await until('the last lease to end', () => {
    clock.advance(1_000);
    return sfu.counts().rooms === 0;
  });
  await assertEmpty(sfu);
});

test('signaling that is back in time finds its room', async (t) => {
  const clock = new FakeClock();
  const sfu = await startTestSfu(t, { clock });
  const before = await sfu.link();
  await before.request('room:open', { sfuRoomId: 'room' });
  await TestPeer.open(before, 'room', 'ann');
  before.close();
  const after = await sfu.link();
  clock.advance(10_000);
  assert.equal(sfu.counts().rooms, 1);
  // It need not say anything: the room is its own still, and it hears of it.
  const [worker] = sfu.pool.workers;
  assert.ok(worker);
  worker.kill();
  assert.deepEqual(await after.event('room:closed'), { sfuRoomId: 'room', reason: 'worker_died' });
});
