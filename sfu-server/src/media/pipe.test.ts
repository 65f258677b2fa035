import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { silentLogger, systemClock } from '@parley/shared/runtime';
import { opusRtp, PAYLOAD_TYPE } from '../testing/media.ts';
import { rtpPacket } from '../testing/rtp.ts';
import { until } from '../testing/until.ts';
import { workerBin } from '../testing/worker-bin.ts';
import { type MediasoupWorker, startWorker } from '../workers/worker.ts';
import { type MediaCounts, type MediaPipe, noMedia, PIPE_WITHIN_NODE, type PipeListen } from './ports.ts';

const SSRC = 0x70_61_72_6c;
const AUDIO_LEVEL = { uri: 'urn:ietf:params:rtp-hdrext:ssrc-audio-level', id: 1 };

async function startWorkers(
  t: TestContext,
  count: number,
): Promise<{ workers: MediasoupWorker[]; counts: MediaCounts }> {
  const counts = noMedia();
  const workers = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      startWorker({
        index,
        workerBin,
        listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }],
        logLevel: 'error',
        iceConsentTimeout: 30,
        requestTimeoutMs: 20_000,
        counts,
        clock: systemClock,
        log: silentLogger,
      }),
    ),
  );
  t.after(() => Promise.all(workers.map((worker) => worker.close())));
  return { workers, counts };
}

/** A direct producer at one router, and a pipe from there to another router, on another worker. */
async function setUp(t: TestContext, listen: PipeListen = PIPE_WITHIN_NODE) {
  const { workers, counts } = await startWorkers(t, 2);
  const [from, to] = await Promise.all(workers.map((worker) => worker.createRouter()));
  assert.ok(from && to);
  const direct = await from.createDirect();
  const producer = await direct.produce({ rtpParameters: opusRtp(SSRC, { headerExtensions: [AUDIO_LEVEL] }) });
  const [sending, receiving] = await Promise.all([from.createPipe(listen), to.createPipe(listen)]);
  await Promise.all([sending.connect(receiving.parameters), receiving.connect(sending.parameters)]);
  let sequence = 0;
  const say = (more: { csrc?: number; dBov?: number } = {}) => {
    producer.send(rtpPacket({ ssrc: SSRC, payloadType: PAYLOAD_TYPE, sequence: sequence++, ...more }));
  };
  return { workers, counts, from, to, direct, producer, sending, receiving, say };
}

async function pipe(sending: MediaPipe, receiving: MediaPipe, id: string) {
  const consumer = await sending.consume(id);
  const { rtpParameters, producerPaused } = consumer;
  return { consumer, producer: await receiving.produce({ id, rtpParameters, paused: producerPaused }) };
}

for (const lossy of [false, true]) {
  test(`a producer comes out of a pipe under its own id, its packets with CSRC and all (lossy: ${lossy})`, async (t) => {
    const { to, producer, sending, receiving, say, counts } = await setUp(t, { ...PIPE_WITHIN_NODE, lossy });
    const piped = await pipe(sending, receiving, producer.id);
    assert.equal(piped.producer.id, producer.id);
    assert.ok(to.canConsume(producer.id, to.rtpCapabilities));
    const heard: Buffer[] = [];
    const consumer = await (await to.createDirect()).consume(producer.id, (packet) => heard.push(packet));
    await until('ten packets', () => {
      say({ csrc: 0xca_fe_f0_0d });
      return heard.length >= 10;
    });
    const [packet] = heard;
    assert.ok(packet);
    assert.equal((packet[0] ?? 0) & 0x0f, 1, 'one CSRC');
    assert.equal(packet.readUInt32BE(12), 0xca_fe_f0_0d);
    assert.deepEqual(counts, { ...noMedia(), routers: 2, pipes: 2, directs: 2, producers: 2, consumers: 2 });

    await consumer.pause();
    const before = heard.length;
    for (let n = 0; n < 10; n++) say();
    await consumer.resume();
    await until('packets again', () => {
      say();
      return heard.length > before;
    });
  });
}

test('a pipe tells when what it sends is paused, resumed and closed, and when it closes itself', async (t) => {
  const { producer, sending, receiving, workers, counts } = await setUp(t);
  const { consumer } = await pipe(sending, receiving, producer.id);
  const told: unknown[] = [];
  consumer.onProducerPaused((paused) => told.push(paused));
  consumer.onProducerClosed(() => told.push('closed'));
  await producer.pause();
  await producer.resume();
  producer.close();
  await until('the end of it', () => told.length === 3);
  assert.deepEqual(told, [true, false, 'closed']);
  assert.ok(consumer.closed);

  sending.onClosed(() => told.push('sending end'));
  receiving.onClosed(() => told.push('receiving end'));
  sending.close();
  assert.equal(told.at(-1), 'sending end');
  workers[1]?.kill();
  await until('the death to be noticed', () => told.at(-1) === 'receiving end');
  assert.ok(receiving.closed);
  assert.equal(counts.pipes, 0);
});

test('a key that is not the other end’s lets nothing through', async (t) => {
  const { workers } = await startWorkers(t, 2);
  const [from, to] = await Promise.all(workers.map((worker) => worker.createRouter()));
  assert.ok(from && to);
  const direct = await from.createDirect();
  const producer = await direct.produce({ rtpParameters: opusRtp(SSRC) });
  const [sending, receiving, stranger] = await Promise.all([
    from.createPipe(PIPE_WITHIN_NODE),
    to.createPipe(PIPE_WITHIN_NODE),
    from.createPipe(PIPE_WITHIN_NODE),
  ]);
  await sending.connect(receiving.parameters);
  await receiving.connect({ ...sending.parameters, srtpParameters: stranger.parameters.srtpParameters });
  await pipe(sending, receiving, producer.id);
  const levels: number[] = [];
  const consumer = await (await to.createDirect()).consume(producer.id, (packet) => levels.push(packet.length));
  let heardAtHome = 0;
  await direct.consume(producer.id, () => heardAtHome++);
  let sequence = 0;
  await until('packets at home', () => {
    producer.send(rtpPacket({ ssrc: SSRC, payloadType: PAYLOAD_TYPE, sequence: sequence++ }));
    return heardAtHome >= 20;
  });
  // What had arrived would have been told before this answer.
  await consumer.pause();
  assert.deepEqual(levels, []);
});

test('levels name who is loud enough, the loudest first, until nobody is', async (t) => {
  const { workers, counts } = await startWorkers(t, 1);
  const router = await workers[0]?.createRouter();
  assert.ok(router);
  const direct = await router.createDirect();
  const rtpParameters = (ssrc: number) => opusRtp(ssrc, { headerExtensions: [AUDIO_LEVEL] });
  const producers = await Promise.all([1, 2, 3].map((ssrc) => direct.produce({ rtpParameters: rtpParameters(ssrc) })));
  const levels = await router.createLevels({ intervalMs: 250, maxEntries: 10, thresholdDb: -60 });
  for (const { id } of producers) await levels.add(id);
  const reports: { producerId: string; dBov: number }[][] = [];
  levels.onLevels((report) => reports.push(report));
  let sequence = 0;
  let loud = [-40, -20, -80];
  const timer = setInterval(() => {
    sequence++;
    for (const [n, dBov] of loud.entries()) {
      producers[n]?.send(rtpPacket({ ssrc: n + 1, payloadType: PAYLOAD_TYPE, sequence, dBov }));
    }
  }, 10);
  t.after(() => clearInterval(timer));
  const report = await until('a report', () => reports.find(({ length }) => length === 2));
  assert.deepEqual(
    report.map(({ producerId }) => producerId),
    [producers[1]?.id, producers[0]?.id],
  );
  for (const { dBov } of report) assert.ok(dBov === -20 || dBov === -40, `${dBov} dBov`);
  loud = [-90, -90, -90];
  await until('silence', () => reports.at(-1)?.length === 0);
  producers[0]?.close();
  await levels.remove(producers[0]?.id ?? '');
  levels.close();
  assert.equal(counts.levels, 0);
});
