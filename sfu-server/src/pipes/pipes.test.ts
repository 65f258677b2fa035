import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock, silentLogger } from '@parley/shared/runtime';
import { FakeWorker } from '../media/fake.ts';
import type { MediaWorker } from '../media/ports.ts';
import { Room } from '../rooms/room.ts';
import { NO_SLOTS } from '../testing/room.ts';

const RTP = { codecs: [], encodings: [{}] };
const CAPABILITIES = { codecs: [] };

/** A room of four on three workers: ann at home, ben and bob on the second, cat on the third. */
async function setUp() {
  const clock = new FakeClock();
  const workers = [0, 1, 2].map((index) => new FakeWorker(index));
  const [home, second, third] = workers;
  assert.ok(home && second && third);
  const seats: MediaWorker[] = [home, second, second, third];
  const dead = new Set<MediaWorker>();
  const room = new Room({
    id: 'room',
    worker: home,
    router: await home.createRouter(),
    place: () => seats.shift() ?? home,
    forwarding: NO_SLOTS,
    isAlive: (worker) => !dead.has(worker),
    clock,
    log: silentLogger,
  });
  const kill = (worker: FakeWorker) => {
    dead.add(worker);
    worker.die();
    room.handleWorkerDied(worker);
  };
  const open = async (peerId: string) => {
    const { send } = await room.openPeer(peerId);
    const peer = room.peer(peerId);
    return { peer, produce: () => peer.produce(send.id, RTP, false) };
  };
  const [ann, ben, bob, cat] = [await open('ann'), await open('ben'), await open('bob'), await open('cat')];
  /** Consumers of a producer at a worker's router. */
  const consumers = (worker: FakeWorker, producerId: string) => [
    ...(worker.routers[0]?.producers.get(producerId)?.consumers ?? []),
  ];
  const pipes = () => workers.flatMap((worker) => [...worker.live].filter((id) => id.startsWith('pipe')));
  return { clock, room, workers, home, second, third, ann, ben, bob, cat, consumers, pipes, kill };
}

/** What closes closes after the promise it came from. */
const turn = () => new Promise((resolve) => setImmediate(resolve));
const heard = (made: { consumerId: string }[]) => made.length;

test('a producer is heard on another branch, brought there once for all who listen there', async () => {
  const { ann, ben, bob, second, consumers, pipes, room } = await setUp();
  const producerId = await ann.produce();
  const made = await Promise.all([ben, bob].map(({ peer }) => peer.consume([producerId], CAPABILITIES)));
  assert.deepEqual(made.map(heard), [1, 1]);
  assert.equal(pipes().length, 2, 'one pair of routers');
  assert.equal(consumers(second, producerId).length, 2);
  assert.ok(consumers(second, producerId).every(({ fed }) => fed));
  assert.deepEqual(room.inspect('node').pipes, [
    { from: { nodeId: 'node', worker: 0 }, to: { nodeId: 'node', worker: 1 }, producers: 1 },
  ]);
});

test('from branch to branch it goes through the home router', async () => {
  const { ben, cat, third, consumers, room } = await setUp();
  const producerId = await ben.produce();
  assert.equal(heard(await cat.peer.consume([producerId], CAPABILITIES)), 1);
  assert.ok(consumers(third, producerId)[0]?.fed);
  const { pipes, branches } = room.inspect('node');
  assert.deepEqual(
    pipes.map(({ from, to, producers }) => [from.worker, to.worker, producers]),
    [
      [0, 2, 1],
      [1, 0, 1],
    ],
  );
  assert.deepEqual(
    branches.map(({ worker, peers, producers, consumers }) => [worker, peers, producers, consumers]),
    [
      [0, 1, 0, 0],
      [1, 2, 1, 0],
      [2, 1, 0, 1],
    ],
  );
});

test('what nobody consumes any longer stays a moment, then goes, and the pipe with the last of it', async () => {
  const { clock, ann, ben, bob, cat, pipes, room } = await setUp();
  const fromAnn = await ann.produce();
  const fromBen = await ben.produce();
  await bob.peer.consume([fromAnn], CAPABILITIES);
  await cat.peer.consume([fromBen], CAPABILITIES);
  assert.equal(pipes().length, 4);
  bob.peer.close();
  clock.advance(4_999);
  assert.equal(pipes().length, 4);
  await ben.peer.consume([fromAnn], CAPABILITIES);
  clock.advance(10_000);
  assert.equal(pipes().length, 4, 'it was taken up again in time');
  ben.peer.close();
  // What cat heard is gone with ben, at once; what ben heard lingers.
  await turn();
  assert.equal(pipes().length, 2);
  clock.advance(5_000);
  await turn();
  assert.deepEqual(pipes(), []);
  room.close();
  assert.equal(clock.pending, 0);
});

test('a producer that closes is closed everywhere, and whoever listened is told', async () => {
  const { ben, ann, cat, workers, pipes } = await setUp();
  const producerId = await ben.produce();
  await ann.peer.consume([producerId], CAPABILITIES);
  await cat.peer.consume([producerId], CAPABILITIES);
  await ben.peer.closeProducer(producerId);
  await turn();
  assert.deepEqual(pipes(), []);
  assert.equal(ann.peer.consumerCount + cat.peer.consumerCount, 0);
  for (const { live } of workers) assert.ok(![...live].some((id) => /producer|consumer/.test(id)));
});

test('a producer that closes while it is brought is not there, and leaves nothing', async () => {
  const { ann, ben, second, pipes, workers } = await setUp();
  const producerId = await ann.produce();
  second.pause();
  const consuming = ben.peer.consume([producerId], CAPABILITIES);
  await ann.peer.closeProducer(producerId);
  second.release();
  assert.deepEqual(await consuming, []);
  assert.deepEqual(pipes(), []);
  for (const { live } of workers) assert.ok(![...live].some((id) => /producer|consumer/.test(id)));
});

test('what could not be brought is tried anew', async () => {
  const { ann, ben, second, consumers, pipes } = await setUp();
  const producerId = await ann.produce();
  second.refuse(new Error('no'));
  await assert.rejects(ben.peer.consume([producerId], CAPABILITIES), /no/);
  assert.deepEqual(pipes(), []);
  second.refuse(undefined);
  await ben.peer.consume([producerId], CAPABILITIES);
  assert.ok(consumers(second, producerId)[0]?.fed);
});

test('a branch that dies takes its peers and what they said with it, and nobody else', async () => {
  const { ann, ben, cat, home, second, third, consumers, pipes, kill, room } = await setUp();
  const lost: string[][] = [];
  room.on('peersLost', (peerIds) => lost.push(peerIds));
  const [fromAnn, fromBen] = [await ann.produce(), await ben.produce()];
  await cat.peer.consume([fromAnn, fromBen], CAPABILITIES);
  await ann.peer.consume([fromBen], CAPABILITIES);
  await ben.peer.consume([fromAnn], CAPABILITIES);
  kill(second);
  assert.deepEqual(lost, [['ben', 'bob']]);
  assert.equal(room.peerCount, 2);
  assert.equal(room.directory.find(fromBen), undefined);
  assert.equal(consumers(home, fromBen).length, 0);
  assert.ok(consumers(third, fromAnn)[0]?.fed);
  assert.equal(pipes().length, 2, 'home and the third');
  await room.openPeer('ben');
  assert.deepEqual(
    room.branches.map(({ where }) => where.worker),
    [0, 2],
  );
});

test('a branch that everybody has left is closed after a while, not sooner', async () => {
  const { clock, cat, third, room } = await setUp();
  cat.peer.close();
  clock.advance(9_999);
  assert.equal(third.live.size, 1);
  clock.advance(1);
  assert.deepEqual([...third.live], []);
  assert.equal(room.branches.length, 2);
});
