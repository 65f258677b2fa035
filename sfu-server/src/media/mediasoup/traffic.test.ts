import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { opusRtp, PAYLOAD_TYPE, TestPeer } from '../../testing/media.ts';
import { rtpPacket } from '../../testing/rtp.ts';
import { startTestSfu, type TestSfu } from '../../testing/sfu.ts';
import { until } from '../../testing/until.ts';
import { joinMedia } from '../../testing/werift.ts';

const ROOM = 'lobby#1';
const SSRC = 0x70_61_72_6c;
const PACKETS = 30;
const PAYLOAD = Buffer.alloc(80, 1);
/** With a header without extensions (RFC 3550). */
const PACKET_BYTES = 12 + PAYLOAD.length;

/** Ann speaks over ICE, DTLS and SRTP, Ben listens, Cat has not resumed; Ann has said all there is when this resolves. */
async function talk(t: TestContext, sfu: TestSfu): Promise<void> {
  const link = await sfu.link();
  await link.request('room:open', { sfuRoomId: ROOM });
  const ann = await TestPeer.open(link, ROOM, 'ann');
  const ben = await TestPeer.open(link, ROOM, 'ben');
  const cat = await TestPeer.open(link, ROOM, 'cat');
  const media = await joinMedia(ann);
  t.after(() => Promise.all([media.send.vanish(), media.receive.vanish()]));
  const producerId = await ann.produce(opusRtp(SSRC));
  const [forBen] = await ben.consume(producerId);
  await cat.consume(producerId);
  assert.ok(forBen);
  await ben.resume(forBen.consumerId);
  for (let n = 0; n < PACKETS; n += 1) {
    const header = { payloadType: PAYLOAD_TYPE, ssrc: SSRC, sequenceNumber: n, timestamp: 960 * n };
    await media.send.sendRtp(header, PAYLOAD);
  }
}

/** What the metrics say of what went through each worker. */
async function traffic(sfu: TestSfu, what: string): Promise<number[]> {
  const text = await (await fetch(`http://127.0.0.1:${sfu.port}/metrics`)).text();
  const lines = text.matchAll(new RegExp(`^parley_sfu_worker_${what}_total\\{worker="\\d+"\\} (\\d+)$`, 'gm'));
  return [...lines].map(([, value]) => Number(value)).toSorted((a, b) => a - b);
}

test('the metrics say what a worker received over the network and what of it it forwarded', async (t) => {
  const sfu = await startTestSfu(t);
  await talk(t, sfu);
  await until('all to be counted', async () => (await traffic(sfu, 'received_packets'))[0] === PACKETS);
  assert.deepEqual(await traffic(sfu, 'received_bytes'), [PACKETS * PACKET_BYTES]);
  assert.deepEqual(await traffic(sfu, 'forwarded_packets'), [PACKETS], 'to Ben, and not to Cat, who is paused');
  assert.deepEqual(await traffic(sfu, 'forwarded_bytes'), [PACKETS * PACKET_BYTES]);
});

test('what goes to another worker counts as forwarded by the one and received by the other', async (t) => {
  const sfu = await startTestSfu(t, { env: { WORKERS: '2', WORKER_PEERS_MAX: '1' } });
  await talk(t, sfu);
  const both = [PACKETS, PACKETS].join();
  await until('both to have counted', async () => (await traffic(sfu, 'received_packets')).join() === both);
  assert.equal((await traffic(sfu, 'forwarded_packets')).join(), both);
});

test('what this process sends is forwarded and was not received; what comes to it was not forwarded', async (t) => {
  const sfu = await startTestSfu(t);
  const router = await sfu.pool.workers[0]?.createRouter();
  assert.ok(router);
  const direct = await router.createDirect();
  const producer = await direct.produce({ rtpParameters: opusRtp(SSRC) });
  let came = 0;
  await direct.consume(producer.id, () => {
    came += 1;
  });
  const listener = await router.createTransport();
  const { rtpCapabilities } = router;
  await (await listener.consume({ producerId: producer.id, rtpCapabilities })).resume();
  for (let n = 0; n < PACKETS; n += 1) producer.send(rtpPacket({ ssrc: SSRC, payloadType: PAYLOAD_TYPE, sequence: n }));
  await until('all to have come', () => came === PACKETS);
  await until('them to be counted', async () => (await traffic(sfu, 'forwarded_packets'))[0] === PACKETS);
  assert.deepEqual(await traffic(sfu, 'received_packets'), [0]);
});
