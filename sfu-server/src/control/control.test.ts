import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@parley/shared/runtime';
import { noMedia } from '../media/ports.ts';
import { opusRtp, someDtls, TestPeer } from '../testing/media.ts';
import { startTestSfu } from '../testing/sfu.ts';
import { until } from '../testing/until.ts';

const ROOM = 'lobby#1';

test('a speaker is heard: open, produce, consume paused, resume', async (t) => {
  const sfu = await startTestSfu(t);
  const link = await sfu.link();
  const state = await link.request('room:open', { sfuRoomId: ROOM });
  assert.deepEqual(state.peers, []);
  assert.equal(state.routerRtpCapabilities.codecs.length, 1);
  const ann = await TestPeer.open(link, ROOM, 'ann');
  const ben = await TestPeer.open(link, ROOM, 'ben');
  const producerId = await ann.produce();

  const [consumer, ...others] = await ben.consume(producerId);
  assert.ok(consumer);
  assert.deepEqual(others, []);
  assert.equal(consumer.producerId, producerId);
  assert.equal(consumer.participantId, 'ann');
  await ben.resume(consumer.consumerId);
  await ben.resume(consumer.consumerId);

  assert.deepEqual((await link.request('room:adopt', { sfuRoomId: ROOM })).peers, [
    { peerId: 'ann', producerIds: [producerId] },
    { peerId: 'ben', producerIds: [] },
  ]);
  assert.deepEqual(sfu.counts(), {
    ...noMedia(),
    workers: 1,
    rooms: 1,
    routers: 1,
    peers: 2,
    transports: 4,
    producers: 1,
    consumers: 1,
  });
});

test('a transport is reached over UDP, else over TCP, on the address that is announced', async (t) => {
  const sfu = await startTestSfu(t, { env: { RTC_ANNOUNCED_ADDRESS: '203.0.113.9' } });
  const link = await sfu.link();
  await link.request('room:open', { sfuRoomId: ROOM });
  const { send, receive } = await TestPeer.open(link, ROOM, 'ann');
  for (const { iceCandidates } of [send, receive]) {
    assert.deepEqual(
      iceCandidates.toSorted((a, b) => b.priority - a.priority).map(({ protocol, address }) => [protocol, address]),
      [
        ['udp', '203.0.113.9'],
        ['tcp', '203.0.113.9'],
      ],
    );
  }
  // Every transport of a worker is on its WebRtcServer's ports.
  assert.deepEqual(
    send.iceCandidates.map(({ port }) => port),
    receive.iceCandidates.map(({ port }) => port),
  );
});

test('opening a room that is there answers with its state; a room is made once however many ask', async (t) => {
  const sfu = await startTestSfu(t);
  const [a, b] = await Promise.all([sfu.link({ nodeId: 'a' }), sfu.link({ nodeId: 'b' })]);
  await Promise.all([a, b, a, b].map((link) => link.request('room:open', { sfuRoomId: ROOM })));
  assert.equal(sfu.counts().routers, 1);
  await TestPeer.open(a, ROOM, 'ann');
  assert.deepEqual((await b.request('room:open', { sfuRoomId: ROOM })).peers, [{ peerId: 'ann', producerIds: [] }]);
});

test('a request about one room does not have the node count all of them', async (t) => {
  // Time stands still: nothing is measured or announced meanwhile.
  const sfu = await startTestSfu(t, { clock: new FakeClock() });
  const link = await sfu.link();
  await link.request('room:open', { sfuRoomId: ROOM });
  const counted = t.mock.getter(sfu.rooms, 'load');
  await link.request('room:inspect', { sfuRoomId: ROOM });
  assert.equal(counted.mock.callCount(), 0);
});

test('consume: the same answer twice, even at once; own, unknown and closed producers are passed over', async (t) => {
  const sfu = await startTestSfu(t);
  const link = await sfu.link();
  await link.request('room:open', { sfuRoomId: ROOM });
  const ann = await TestPeer.open(link, ROOM, 'ann');
  const ben = await TestPeer.open(link, ROOM, 'ben');
  const [fromAnn, fromBen] = await Promise.all([ann.produce(), ben.produce()]);

  const answers = await Promise.all([
    ben.consume(fromAnn, fromBen, fromAnn, 'nobody'),
    ben.consume(fromAnn),
    ben.consume(fromAnn),
  ]);
  assert.equal(answers[0].length, 1);
  assert.deepEqual(answers[1], answers[0]);
  assert.deepEqual(answers[2], answers[0]);
  assert.equal(sfu.counts().consumers, 1);

  await link.request('peer:closeProducer', { ...ann.of, producerId: fromAnn });
  assert.deepEqual(await ben.consume(fromAnn), []);
  await until('the consumer to be gone', () => sfu.counts().consumers === 0);
  // A resume that crossed with the close is no error.
  await ben.resume(answers[0][0]?.consumerId ?? '');
});

test('consume passes over a producer that the client cannot decode', async (t) => {
  const sfu = await startTestSfu(t);
  const link = await sfu.link();
  await link.request('room:open', { sfuRoomId: ROOM });
  const ann = await TestPeer.open(link, ROOM, 'ann');
  const ben = await TestPeer.open(link, ROOM, 'ben');
  const producerId = await ann.produce();
  // Mono Opus is another codec to RTP.
  ben.rtpCapabilities = {
    codecs: ben.rtpCapabilities.codecs.map((codec) => ({ ...codec, channels: 1 })),
  };
  assert.deepEqual(await ben.consume(producerId), []);
});

test('a new produce closes the earlier one, also with the same SSRC, also when both are asked at once', async (t) => {
  const sfu = await startTestSfu(t);
  const link = await sfu.link();
  await link.request('room:open', { sfuRoomId: ROOM });
  const ann = await TestPeer.open(link, ROOM, 'ann');
  const first = await ann.produce(opusRtp(7));
  const second = await ann.produce(opusRtp(7));
  assert.notEqual(first, second);
  assert.equal(sfu.counts().producers, 1);
  const ids = await Promise.all([ann.produce(opusRtp(8)), ann.produce(opusRtp(8)), ann.produce(opusRtp(9))]);
  assert.equal(sfu.counts().producers, 1);
  const { peers } = await link.request('room:adopt', { sfuRoomId: ROOM });
  assert.deepEqual(peers[0]?.producerIds, [ids[2]]);
});

test('a produce that is refused leaves the earlier producer alone', async (t) => {
  const sfu = await startTestSfu(t);
  const link = await sfu.link();
  await link.request('room:open', { sfuRoomId: ROOM });
  const ann = await TestPeer.open(link, ROOM, 'ann');
  const first = await ann.produce();
  // Neither an SSRC nor a mid: the media cannot be told apart.
  await assert.rejects(ann.produce({ ...opusRtp(1), encodings: [{}] }), { code: 'invalid_request' });
  const { peers } = await link.request('room:adopt', { sfuRoomId: ROOM });
  assert.deepEqual(peers[0]?.producerIds, [first]);
  assert.equal(sfu.counts().producers, 1);
});

test('pause, resume, close of a producer; restart of ICE', async (t) => {
  const sfu = await startTestSfu(t);
  const link = await sfu.link();
  await link.request('room:open', { sfuRoomId: ROOM });
  const ann = await TestPeer.open(link, ROOM, 'ann');
  const producerId = await ann.produce(undefined, true);
  for (const paused of [false, false, true, true]) {
    await link.request('peer:pauseProducer', { ...ann.of, producerId, paused });
  }
  const one = await link.request('peer:restartIce', { ...ann.of, transportId: ann.send.id });
  const two = await link.request('peer:restartIce', { ...ann.of, transportId: ann.send.id });
  assert.notEqual(one.iceParameters.usernameFragment, two.iceParameters.usernameFragment);
  await link.request('peer:closeProducer', { ...ann.of, producerId });
  await assert.rejects(link.request('peer:closeProducer', { ...ann.of, producerId }), { code: 'not_found' });
  await assert.rejects(link.request('peer:pauseProducer', { ...ann.of, producerId, paused: true }), {
    code: 'not_found',
  });
});

test('a peer opened again replaces itself', async (t) => {
  const sfu = await startTestSfu(t);
  const link = await sfu.link();
  await link.request('room:open', { sfuRoomId: ROOM });
  const before = await TestPeer.open(link, ROOM, 'ann');
  await before.produce();
  const opened = await Promise.allSettled([
    TestPeer.open(link, ROOM, 'ann'),
    TestPeer.open(link, ROOM, 'ann'),
    TestPeer.open(link, ROOM, 'ann'),
  ]);
  // Only the last is the peer; those it replaced say so.
  assert.deepEqual(
    opened.map((one) => (one.status === 'fulfilled' ? 'opened' : one.reason.code)),
    ['not_found', 'not_found', 'opened'],
  );
  await until('one pair of transports', () => sfu.counts().transports === 2);
  assert.equal(sfu.counts().peers, 1);
  assert.equal(sfu.counts().producers, 0);
  await assert.rejects(before.produce(), { code: 'not_found' });
});

test('closing is idempotent and cascades', async (t) => {
  const sfu = await startTestSfu(t);
  const link = await sfu.link();
  await link.request('room:open', { sfuRoomId: ROOM });
  const ann = await TestPeer.open(link, ROOM, 'ann');
  const ben = await TestPeer.open(link, ROOM, 'ben');
  await ben.consume(await ann.produce());
  await link.request('peer:close', ann.of);
  await link.request('peer:close', ann.of);
  await until('the consumer to be gone', () => sfu.counts().consumers === 0);
  assert.equal(sfu.counts().transports, 2);
  await link.request('room:close', { sfuRoomId: ROOM });
  await link.request('room:close', { sfuRoomId: ROOM });
  await link.request('peer:close', ben.of);
  const { workers, ...rest } = sfu.counts();
  assert.equal(workers, 1);
  assert.deepEqual(rest, { rooms: 0, peers: 0, ...noMedia() });
});

test('requests cut off by a close fail with a code and leave nothing', async (t) => {
  const sfu = await startTestSfu(t);
  const link = await sfu.link();
  for (const end of ['room', 'peer'] as const) {
    await link.request('room:open', { sfuRoomId: ROOM });
    const ann = await TestPeer.open(link, ROOM, 'ann');
    const ben = await TestPeer.open(link, ROOM, 'ben');
    const producerId = await ann.produce();
    const racing = [
      ben.consume(producerId),
      ben.produce(),
      link.request('peer:restartIce', { ...ben.of, transportId: ben.send.id }),
      link.request('peer:connect', { ...ben.of, transportId: ben.send.id, dtlsParameters: someDtls }),
      TestPeer.open(link, ROOM, 'cat'),
      end === 'room' ? link.request('room:close', { sfuRoomId: ROOM }) : link.request('peer:close', ben.of),
    ];
    for (const result of await Promise.allSettled(racing)) {
      if (result.status === 'rejected') assert.equal(result.reason.code, 'not_found');
    }
    await link.request('room:close', { sfuRoomId: ROOM });
    await until('nothing left', () => Object.values({ ...sfu.counts(), workers: 0 }).every((count) => count === 0));
    assert.deepEqual(await sfu.pool.workers[0]?.holds(), { routers: 0, transports: 0, objects: 0, remembered: 0 });
  }
});

test('the node says how it is: on connecting and on every change', async (t) => {
  const sfu = await startTestSfu(t, { env: { REGION: 'north', CAPACITY: '7' } });
  const link = await sfu.link();
  const common = { nodeId: 'sfu-test', region: 'north', capacity: 7, workers: 1, draining: false };
  const { url: _url, load: _load, cpu: _cpu, pool, ...told } = await link.event('node:state');
  assert.deepEqual(told, { ...common, rooms: 0, peers: 0 });
  assert.deepEqual(pool, [{ state: 'up', load: 0, cpu: pool?.[0]?.cpu, peers: 0, deaths: 0 }]);
  await link.request('room:open', { sfuRoomId: ROOM });
  await Promise.all(['a', 'b', 'c', 'd'].map((peerId) => TestPeer.open(link, ROOM, peerId)));
  await link.event('node:state', ({ rooms, peers, pool }) => rooms === 1 && peers === 4 && pool?.[0]?.peers === 4);
  assert.ok(link.events.length <= 4, 'changes that come together are told together');
  sfu.pool.workers[0]?.kill();
  await link.event('node:state', ({ workers, pool }) => workers === 1 && pool?.[0]?.deaths === 1);
});

test('health and metrics', async (t) => {
  const sfu = await startTestSfu(t);
  const get = (path: string) => fetch(`http://127.0.0.1:${sfu.port}${path}`);
  const health = await get('/health');
  assert.equal(health.status, 200);
  assert.equal(await health.text(), 'OK');
  const link = await sfu.link();
  await link.request('room:open', { sfuRoomId: ROOM });
  await TestPeer.open(link, ROOM, 'ann');
  await assert.rejects(link.raw('nonsense', {}));
  const metrics = await (await get('/metrics')).text();
  for (const line of [
    'parley_sfu_workers 1',
    'parley_sfu_rooms 1',
    'parley_sfu_routers 1',
    'parley_sfu_peers 1',
    'parley_sfu_transports 2',
    'parley_sfu_producers 0',
    'parley_sfu_consumers 0',
    'parley_sfu_worker_deaths_total 0',
    'parley_sfu_control_requests_total{request="peer:open",code="ok"} 1',
    'parley_sfu_control_requests_total{request="unknown",code="unknown_request"} 1',
  ]) {
    assert.ok(metrics.includes(`${line}\n`) || metrics.endsWith(line), line);
  }
  assert.match(metrics, /parley_sfu_worker_cpu_seconds_total\{worker="0"\}/);
  assert.equal((await get('/nothing')).status, 404);
  assert.equal((await fetch(`http://127.0.0.1:${sfu.port}/health`, { method: 'POST' })).status, 405);
});
