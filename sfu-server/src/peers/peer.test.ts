import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RtpCapabilities, RtpParameters } from '@parley/shared/media';
import { ParleyError } from '@parley/shared/protocol';
import { FakeClock, silentLogger } from '@parley/shared/runtime';
import { FakeWorker } from '../media/fake.ts';
import { Room } from '../rooms/room.ts';
import { NO_SLOTS } from '../testing/room.ts';

const RTP = {} as RtpParameters;
const CAPABILITIES = {} as RtpCapabilities;
const DTLS = { fingerprints: [] };
const NOT_FOUND = { code: 'not_found' };

async function setUp() {
  const worker = new FakeWorker();
  const router = await worker.createRouter();
  const room = new Room({
    id: 'room',
    worker,
    router,
    place: () => worker,
    forwarding: NO_SLOTS,
    isAlive: () => true,
    clock: new FakeClock(),
    log: silentLogger,
  });
  const ended: string[] = [];
  room.on('producerEnded', (peerId, producerId) => ended.push(`${peerId} ${producerId}`));
  const open = async (peerId: string) => {
    const { send, receive } = await room.openPeer(peerId);
    const transport = (id: string) => {
      const found = router.transports.find((one) => one.id === id);
      assert.ok(found);
      return found;
    };
    return { peer: room.peer(peerId), send: transport(send.id), receive: transport(receive.id) };
  };
  return { worker, router, room, open, ended };
}

test('closed while it opens, a peer leaves nothing', async () => {
  const { worker, room } = await setUp();
  worker.pause();
  const opening = room.openPeer('ann');
  room.closePeer('ann');
  worker.release();
  await assert.rejects(opening, NOT_FOUND);
  assert.equal(room.peerCount, 0);
  assert.equal(worker.live.size, 1, 'the router');
});

test('a peer whose transports cannot be made is not there', async () => {
  const { worker, room } = await setUp();
  worker.refuse(new ParleyError('timeout'));
  await assert.rejects(room.openPeer('ann'), { code: 'timeout' });
  assert.equal(room.peerCount, 0);
});

test('the room closing while a peer opens, produces or consumes leaves nothing', async () => {
  const { worker, room, open } = await setUp();
  const ann = await open('ann');
  const ben = await open('ben');
  const producerId = await ann.peer.produce(ann.send.id, RTP, false);
  worker.pause();
  const racing = [
    room.openPeer('cat'),
    ann.peer.produce(ann.send.id, RTP, false),
    ben.peer.consume([producerId], CAPABILITIES),
  ];
  room.close();
  worker.release();
  for (const one of await Promise.allSettled(racing)) assert.equal(one.status, 'rejected');
  assert.deepEqual([...worker.live], []);
  assert.throws(() => room.peer('ann'), NOT_FOUND);
});

test('a consumer whose producer closes while it is made is passed over', async () => {
  const { worker, open } = await setUp();
  const ann = await open('ann');
  const ben = await open('ben');
  const producerId = await ann.peer.produce(ann.send.id, RTP, false);
  worker.pause();
  const consuming = ben.peer.consume([producerId], CAPABILITIES);
  await ann.peer.closeProducer(producerId);
  worker.release();
  assert.deepEqual(await consuming, []);
  // And what failed once is not remembered.
  const next = await ann.peer.produce(ann.send.id, RTP, false);
  assert.equal((await ben.peer.consume([next], CAPABILITIES)).length, 1);
});

test('a consume that failed can be tried again', async () => {
  const { worker, open } = await setUp();
  const ann = await open('ann');
  const ben = await open('ben');
  const producerId = await ann.peer.produce(ann.send.id, RTP, false);
  worker.refuse(new ParleyError('timeout'));
  await assert.rejects(ben.peer.consume([producerId], CAPABILITIES), { code: 'timeout' });
  worker.refuse(undefined);
  assert.equal((await ben.peer.consume([producerId], CAPABILITIES)).length, 1);
});

test('a client that goes ends its producer, and the room is told; others are not touched', async () => {
  const { open, ended, room } = await setUp();
  const ann = await open('ann');
  const ben = await open('ben');
  const [fromAnn, fromBen] = [
    await ann.peer.produce(ann.send.id, RTP, false),
    await ben.peer.produce(ben.send.id, RTP, false),
  ];
  ann.send.leave();
  ann.send.leave();
  assert.deepEqual(ended, [`ann ${fromAnn}`]);
  assert.equal(room.directory.find(fromAnn)?.peerId, undefined);
  assert.equal(room.directory.find(fromBen)?.peerId, 'ben');
  await assert.rejects(ann.peer.produce(ann.send.id, RTP, false), { code: 'conflict' });
  // Its other transport lives on.
  assert.equal((await ann.peer.consume([fromBen], CAPABILITIES)).length, 1);
  ann.receive.leave('dtls_failed');
  await assert.rejects(ann.peer.consume([fromBen], CAPABILITIES), { code: 'conflict' });
  assert.equal(ended.length, 1);
});

test('a client that goes while it produces ends with nothing', async () => {
  const { worker, open, room } = await setUp();
  const ann = await open('ann');
  worker.pause();
  const producing = ann.peer.produce(ann.send.id, RTP, false);
  // Let the request reach the worker.
  await new Promise((resolve) => setImmediate(resolve));
  ann.send.leave();
  worker.release();
  await assert.rejects(producing, NOT_FOUND);
  assert.deepEqual(room.peer('ann').producerIds, []);
  assert.ok(![...worker.live].some((id) => id.startsWith('producer')));
});

test('a connect that was refused may be tried again, one that went unanswered may not', async () => {
  const { worker, open } = await setUp();
  const { peer, send } = await open('ann');
  worker.refuse(new ParleyError('invalid_request'));
  await assert.rejects(peer.connect(send.id, DTLS), { code: 'invalid_request' });
  worker.refuse(new ParleyError('timeout'));
  await assert.rejects(peer.connect(send.id, DTLS), { code: 'timeout' });
  worker.refuse(undefined);
  await assert.rejects(peer.connect(send.id, DTLS), { code: 'conflict' });
});

test('a consumer that has ended may still be resumed, one that never was may not', async () => {
  const { open } = await setUp();
  const ann = await open('ann');
  const ben = await open('ben');
  const producerId = await ann.peer.produce(ann.send.id, RTP, false);
  const [consumer] = await ben.peer.consume([producerId], CAPABILITIES);
  ann.peer.close();
  await ben.peer.resumeConsumers([consumer?.consumerId ?? '']);
  await assert.rejects(ben.peer.resumeConsumers(['consumer-99']), NOT_FOUND);
});

test('what is withheld from a peer is not sent, whether it asked before or asks after', async () => {
  const { open, router } = await setUp();
  const ann = await open('ann');
  const ben = await open('ben');
  const producerId = await ann.peer.produce(ann.send.id, RTP, false);
  const consume = async () => {
    const [made] = await ben.peer.consume([producerId], CAPABILITIES);
    const consumer = [...(router.producers.get(producerId)?.consumers ?? [])].find(({ id }) => id === made?.consumerId);
    assert.ok(consumer);
    return consumer;
  };
  await ben.peer.withhold(producerId, true);
  const consumer = await consume();
  await ben.peer.resumeConsumers([consumer.id]);
  assert.equal(consumer.paused, true, 'asked for, but withheld');
  await ben.peer.withhold(producerId, false);
  assert.equal(consumer.paused, false);
  await ben.peer.withhold(producerId, true);
  assert.equal(consumer.paused, true);
});

test('of changes that overtake each other on the way to the worker the last one holds', async () => {
  const { worker, open, router } = await setUp();
  const ann = await open('ann');
  const ben = await open('ben');
  const producerId = await ann.peer.produce(ann.send.id, RTP, false);
  const [made] = await ben.peer.consume([producerId], CAPABILITIES);
  const [consumer] = router.producers.get(producerId)?.consumers ?? [];
  assert.ok(made && consumer);
  worker.pause();
  const changes = [ben.peer.resumeConsumers([made.consumerId])];
  for (const withheld of [true, false, true]) changes.push(ben.peer.withhold(producerId, withheld));
  worker.release();
  await Promise.all(changes);
  assert.equal(consumer.paused, true);
});
