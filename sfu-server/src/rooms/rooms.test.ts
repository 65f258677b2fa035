import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ParleyError } from '@parley/shared/protocol';
import { FakeClock, silentLogger } from '@parley/shared/runtime';
import { FakeWorker } from '../media/fake.ts';
import { NO_SLOTS } from '../testing/room.ts';
import type { Holder } from './holders.ts';
import { type PlacementOptions, Rooms } from './rooms.ts';

const A: Holder = { nodeId: 'a', instanceId: '1' };
const A_AGAIN: Holder = { nodeId: 'a', instanceId: '2' };
const B: Holder = { nodeId: 'b', instanceId: '1' };

function setUp(workers = [new FakeWorker(0), new FakeWorker(1)], placement: Partial<PlacementOptions> = {}) {
  const clock = new FakeClock();
  const alive = [...workers];
  const cpu = { share: 0 };
  const rooms = new Rooms({
    workers: () => alive,
    cpuOf: () => cpu.share,
    placement: { workerPackets: 60_000, workerPeersMax: 1_000, ...placement },
    forwarding: { ...NO_SLOTS, slots: 6 },
    capacity: 100,
    leaseMs: 1_000,
    clock,
    log: silentLogger,
  });
  const ended: string[] = [];
  rooms.on('ended', (id, reason, nodeIds) => ended.push(`${id} ${reason} ${nodeIds}`));
  return { clock, workers, alive, cpu, rooms, ended };
}

async function setUpRoom(...holders: Holder[]) {
  const all = setUp();
  for (const holder of holders) {
    all.rooms.handleLinked(holder);
    await all.rooms.open('room', holder);
  }
  await all.rooms.use('room', holders[0] ?? A).openPeer('peer');
  return all;
}

test('rooms spread over the workers by their peers', async () => {
  const { rooms, workers } = setUp();
  await rooms.open('one', A);
  await rooms.open('two', A);
  assert.deepEqual(
    workers.map(({ routers }) => routers.length),
    [1, 1],
  );
  await rooms.use('one', A).openPeer('peer');
  await rooms.open('three', A);
  await rooms.open('four', A);
  assert.deepEqual(
    workers.map(({ routers }) => routers.length),
    [1, 3],
  );
});

test('a room outlives its signaling node by the lease, not longer', async () => {
  const { clock, rooms, ended, workers } = await setUpRoom(A);
  clock.advance(10_000);
  rooms.handleUnlinked(A);
  clock.advance(999);
  assert.deepEqual(ended, []);
  assert.equal(rooms.roomCount, 1);
  clock.advance(1);
  assert.deepEqual(ended, ['room lease a']);
  assert.equal(rooms.roomCount, 0);
  assert.equal(workers[0]?.live.size, 0);
  assert.throws(() => rooms.use('room', A), { code: 'not_found' });
});

test('the node being back in time keeps the room', async () => {
  const { clock, rooms, ended } = await setUpRoom(A);
  rooms.handleUnlinked(A);
  clock.advance(999);
  rooms.handleLinked(A);
  clock.advance(10_000);
  assert.deepEqual(ended, []);
});

test('of two links of one node, the last counts', async () => {
  const { clock, rooms, ended } = await setUpRoom(A);
  rooms.handleLinked(A);
  rooms.handleUnlinked(A);
  clock.advance(10_000);
  assert.deepEqual(ended, []);
  rooms.handleUnlinked(A);
  clock.advance(1_000);
  assert.equal(ended.length, 1);
});

test('another node that takes the room over keeps it', async () => {
  const { clock, rooms, ended } = await setUpRoom(A);
  rooms.handleUnlinked(A);
  rooms.handleLinked(B);
  clock.advance(500);
  rooms.use('room', B);
  clock.advance(10_000);
  assert.deepEqual(ended, []);
  rooms.handleUnlinked(B);
  clock.advance(1_000);
  assert.deepEqual(ended, ['room lease a,b']);
});

test('a room two nodes use lives while one of them is linked', async () => {
  const { clock, rooms, ended } = await setUpRoom(A, B);
  rooms.handleUnlinked(B);
  clock.advance(10_000);
  assert.deepEqual(ended, []);
});

test('a restarted node of the same name must adopt what it wants to keep', async () => {
  const { clock, rooms, ended } = await setUpRoom(A);
  await rooms.open('other', A);
  await rooms.use('other', A).openPeer('peer');
  rooms.handleUnlinked(A);
  rooms.handleLinked(A_AGAIN);
  rooms.use('room', A_AGAIN);
  clock.advance(10_000);
  assert.deepEqual(ended, ['other lease a']);
});

test('a room without peers is kept as long as an orphan', async () => {
  const { clock, rooms, ended } = await setUpRoom(A);
  rooms.use('room', A).closePeer('peer');
  clock.advance(500);
  await rooms.use('room', A).openPeer('peer');
  clock.advance(10_000);
  assert.deepEqual(ended, []);
  rooms.use('room', A).closePeer('peer');
  clock.advance(1_000);
  assert.deepEqual(ended, ['room lease a']);
});

test('the rooms of a dead worker end, the others do not', async () => {
  const { rooms, ended, workers, clock } = setUp();
  const [first, second] = workers;
  assert.ok(first && second);
  await rooms.open('one', A);
  await rooms.open('two', A);
  rooms.handleWorkerDied(first);
  assert.deepEqual(ended, ['one worker_died a']);
  assert.equal(rooms.roomCount, 1);
  assert.equal(clock.pending, 1, 'only the lease of the other room, which is empty');
});

test('without a worker, or draining, no room is opened; one that is there still answers', async () => {
  const { rooms, alive, workers } = setUp();
  await rooms.open('room', A);
  alive.length = 0;
  await assert.rejects(rooms.open('new', A), { code: 'sfu_unavailable' });
  alive.push(...workers);
  rooms.drain();
  await assert.rejects(rooms.open('new', A), { code: 'sfu_unavailable' });
  await rooms.open('room', A);
});

test('a worker that dies while a room is made on it leaves no room', async () => {
  const { rooms, workers, alive } = setUp();
  workers[0]?.pause();
  const opening = rooms.open('room', A);
  alive.shift();
  workers[0]?.release();
  await assert.rejects(opening, { code: 'sfu_unavailable' });
  assert.equal(rooms.roomCount, 0);
});

test('a room that cannot be made can be tried again', async () => {
  const { rooms, workers } = setUp();
  workers[0]?.refuse(new ParleyError('timeout'));
  await assert.rejects(rooms.open('room', A), { code: 'timeout' });
  workers[0]?.refuse(undefined);
  await rooms.open('room', A);
});

test('closing a room that is being made closes it', async () => {
  const { rooms, workers } = setUp();
  workers[0]?.pause();
  const opening = rooms.open('room', A);
  const closing = rooms.close('room');
  workers[0]?.release();
  await Promise.allSettled([opening, closing]);
  assert.equal(rooms.roomCount, 0);
  assert.equal(workers[0]?.live.size, 0);
});

test('shutting down ends every room, also one being made, and leaves no timer', async () => {
  const { rooms, workers, ended, clock } = setUp();
  await rooms.open('one', A);
  workers[1]?.pause();
  const opening = rooms.open('two', B).catch(() => {});
  const shutdown = rooms.shutdown();
  workers[1]?.release();
  await Promise.all([opening, shutdown]);
  assert.equal(ended.length, 2);
  assert.ok(ended.every((line) => line.includes('shutdown')));
  assert.equal(rooms.roomCount, 0);
  assert.equal(clock.pending, 0);
  assert.ok(workers.every(({ live }) => live.size === 0));
});

test('a room grows to another worker when its own has enough to do, and the node says how much that is', async () => {
  // Whoever comes as the n-th may hear n - 1 others, 50 packets a second each: three people are 150 at most.
  const { rooms } = setUp(undefined, { workerPackets: 150 });
  await rooms.open('room', A);
  const room = rooms.use('room', A);
  assert.equal(rooms.load, 0);
  for (const peerId of ['ann', 'ben']) await room.openPeer(peerId);
  assert.equal(room.branches.length, 1);
  assert.equal(rooms.load, (2 * 50) / 300);
  await room.openPeer('cat');
  assert.equal(room.branches.length, 2);
  assert.deepEqual(
    [...room.listeners.values()].map(({ joining }) => joining),
    [2, 1],
  );
});

test('where packets have been seen to cost more a worker is given fewer of them', async () => {
  const { rooms, cpu } = setUp([new FakeWorker(0)]);
  await rooms.open('room', A);
  for (let n = 0; n < 10; n++) await rooms.use('room', A).openPeer(`peer-${n}`);
  const [before] = rooms.loads;
  cpu.share = 1;
  for (let n = 0; n < 20; n++) rooms.handleMeasured();
  const [after] = rooms.loads;
  assert.equal(before?.budget, 60_000);
  assert.ok(after && after.budget < 30_000, `${after?.budget} packets a second`);
});

test('a listener on a part of another node’s room is expected to receive the slots that are sent there', async () => {
  const { rooms, clock } = setUp([new FakeWorker(0)]);
  const part = await rooms.openPart('room');
  await part.openPeer('ann');
  for (let n = 0; n < 6; n++) part.directory.add({ id: `slot-${n}`, peerId: null, origin: part.home, paused: false });
  clock.advance(10_000);
  assert.equal(rooms.loads[0]?.packets, 6 * 50);
  part.directory.remove('slot-0');
  assert.equal(rooms.loads[0]?.packets, 5 * 50);
});

test('peers that are lost with their branch are told to whoever uses the room, which lives on', async () => {
  const { rooms, workers, alive, ended } = setUp(undefined, { workerPeersMax: 1 });
  const lost: string[] = [];
  rooms.on('peersLost', (id, peerIds, nodeIds) => lost.push(`${id} ${peerIds} ${nodeIds}`));
  await rooms.open('room', A);
  const room = rooms.use('room', A);
  for (const peerId of ['ann', 'ben']) await room.openPeer(peerId);
  const [, second] = workers;
  assert.ok(second);
  alive.splice(1, 1);
  second.die();
  rooms.handleWorkerDied(second);
  assert.deepEqual(lost, ['room ben a']);
  assert.deepEqual(ended, []);
  // Its only worker takes it, however many it has already.
  await room.openPeer('ben');
  assert.equal(rooms.peerCount, 2);
});
