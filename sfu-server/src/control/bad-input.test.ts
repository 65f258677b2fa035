import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONTROL_REQUEST_NAMES, LinkCaller } from '@parley/shared/control';
import { io } from 'socket.io-client';
import { opusRtp, someDtls, TestPeer } from '../testing/media.ts';
import { SECRET, startTestSfu } from '../testing/sfu.ts';

const ROOM = 'lobby#1';

test('what is not one’s own is not found', async (t) => {
  const sfu = await startTestSfu(t);
  const link = await sfu.link();
  await link.request('room:open', { sfuRoomId: ROOM });
  await link.request('room:open', { sfuRoomId: 'other' });
  const ann = await TestPeer.open(link, ROOM, 'ann');
  const ben = await TestPeer.open(link, ROOM, 'ben');
  const eve = await TestPeer.open(link, 'other', 'eve');
  const producerId = await ann.produce();
  const [consumer] = await ben.consume(producerId);
  const consumerId = consumer?.consumerId ?? '';
  const notFound = { code: 'not_found' };

  await assert.rejects(link.request('room:adopt', { sfuRoomId: 'nowhere' }), notFound);
  await assert.rejects(link.request('peer:open', { sfuRoomId: 'nowhere', peerId: 'ann' }), notFound);
  await assert.rejects(
    link.request('peer:restartIce', { sfuRoomId: ROOM, peerId: 'nobody', transportId: 'x' }),
    notFound,
  );
  for (const transportId of [ann.send.id, ben.receive.id, 'nothing']) {
    const input = { ...eve.of, transportId };
    await assert.rejects(link.request('peer:connect', { ...input, dtlsParameters: someDtls }), notFound);
    await assert.rejects(link.request('peer:restartIce', input), notFound);
    await assert.rejects(
      link.request('peer:produce', { ...input, rtpParameters: opusRtp(5), paused: false }),
      notFound,
    );
  }
  await assert.rejects(link.request('peer:pauseProducer', { ...ben.of, producerId, paused: true }), notFound);
  await assert.rejects(link.request('peer:closeProducer', { ...ben.of, producerId }), notFound);
  await assert.rejects(ann.resume(consumerId), notFound);
  await assert.rejects(eve.resume(consumerId), notFound);
  assert.deepEqual(await eve.consume(producerId), []);
  // One foreign id does not keep the others from being resumed.
  await assert.rejects(ben.resume('nothing', consumerId), notFound);
  assert.equal(sfu.counts().producers, 1);
  assert.equal(sfu.counts().consumers, 1);
});

test('connecting twice and producing on the receive transport do not fit', async (t) => {
  const sfu = await startTestSfu(t);
  const link = await sfu.link();
  await link.request('room:open', { sfuRoomId: ROOM });
  const ann = await TestPeer.open(link, ROOM, 'ann');
  const connect = (transportId: string) =>
    link.request('peer:connect', { ...ann.of, transportId, dtlsParameters: someDtls });
  await connect(ann.send.id);
  await connect(ann.receive.id);
  await assert.rejects(connect(ann.send.id), { code: 'conflict' });
  const input = { ...ann.of, transportId: ann.receive.id, rtpParameters: opusRtp(5), paused: false };
  await assert.rejects(link.request('peer:produce', input), { code: 'conflict' });
});

test('what does not parse is refused with the path, and changes nothing', async (t) => {
  const sfu = await startTestSfu(t);
  const link = await sfu.link();
  await link.request('room:open', { sfuRoomId: ROOM });
  const ann = await TestPeer.open(link, ROOM, 'ann');
  const before = sfu.counts();
  const refused = async (name: string, input: unknown, path?: string) => {
    const expected = path === undefined ? { code: 'invalid_request' } : { code: 'invalid_request', path };
    await assert.rejects(link.raw(name, input), expected, `${name} ${JSON.stringify(input)}`);
  };
  for (const name of CONTROL_REQUEST_NAMES) {
    for (const input of [undefined, null, 7, 'text', [], {}]) await refused(name, input);
  }
  await refused('room:open', { sfuRoomId: '' }, 'sfuRoomId');
  await refused('room:open', { sfuRoomId: 'x'.repeat(513) }, 'sfuRoomId');
  const produce = { ...ann.of, transportId: ann.send.id, paused: false };
  await refused('peer:produce', { ...produce, rtpParameters: { ...opusRtp(1), encodings: [] } });
  await refused('peer:produce', {
    ...produce,
    rtpParameters: { ...opusRtp(1), codecs: [{ mimeType: 'video/VP8', payloadType: 96, clockRate: 90_000 }] },
  });
  await refused(
    'peer:connect',
    { ...ann.of, transportId: ann.send.id, dtlsParameters: { fingerprints: [{ algorithm: 'sha-256', value: 'no' }] } },
    'dtlsParameters.fingerprints.0.value',
  );
  await refused('peer:consume', { ...ann.of, producerIds: [], rtpCapabilities: ann.rtpCapabilities }, 'producerIds');
  await assert.rejects(link.raw('room:explode', {}), { code: 'unknown_request' });
  await assert.rejects(link.raw('constructor', {}), { code: 'unknown_request' });
  // No acknowledgement to answer by: ignored.
  link.socket.emit('room:close', { sfuRoomId: ROOM });
  link.socket.emit('room:close');
  await link.request('room:adopt', { sfuRoomId: ROOM });
  assert.deepEqual(sfu.counts(), before);
});

test('a message too large ends the link, not the server', async (t) => {
  const sfu = await startTestSfu(t);
  const link = await sfu.link();
  const closed = new Promise((resolve) => link.socket.once('disconnect', resolve));
  link.socket.emit('room:open', { sfuRoomId: 'x'.repeat(300 * 1024) }, () => {});
  await closed;
  const again = await sfu.link();
  await again.request('room:open', { sfuRoomId: ROOM });
});

test('a node that is full takes no more peers, but one it has may be opened again', async (t) => {
  const sfu = await startTestSfu(t, { env: { CAPACITY: '2' } });
  const link = await sfu.link();
  await link.request('room:open', { sfuRoomId: ROOM });
  const opened = await Promise.allSettled(['a', 'b', 'c'].map((peerId) => TestPeer.open(link, ROOM, peerId)));
  assert.deepEqual(
    opened.map((one) => (one.status === 'fulfilled' ? 'opened' : one.reason.code)),
    ['opened', 'opened', 'server_full'],
  );
  await TestPeer.open(link, ROOM, 'b');
  await link.request('peer:close', { sfuRoomId: ROOM, peerId: 'a' });
  await TestPeer.open(link, ROOM, 'c');
});

test('the handshake: a wrong secret, no name, a browser page and the bare namespace are refused', async (t) => {
  const sfu = await startTestSfu(t);
  await assert.rejects(sfu.link({ secret: 'wrong' }), { code: 'unauthorized' });
  await assert.rejects(sfu.link({ secret: '' }), { code: 'unauthorized' });
  await assert.rejects(sfu.link({ nodeId: '' }), { code: 'unauthorized' });
  await assert.rejects(sfu.link({ nodeId: 'x'.repeat(65) }), { code: 'unauthorized' });
  const strangers = [
    io(`http://127.0.0.1:${sfu.port}/control`, {
      transports: ['websocket'],
      reconnection: false,
      forceNew: true,
      auth: { nodeId: 'a', nonce: 'x'.repeat(22) },
      extraHeaders: { origin: 'https://example.org' },
    }),
    io(`http://127.0.0.1:${sfu.port}/`, { transports: ['websocket'], reconnection: false, forceNew: true }),
  ];
  for (const stranger of strangers) {
    await new Promise((resolve, reject) => {
      stranger.once('connect_error', resolve);
      stranger.once('connect', () => reject(new Error('was let in')));
    });
    stranger.close();
  }
});

test('who has not proven to know the secret is told nothing, asked nothing and hung up on', async (t) => {
  const sfu = await startTestSfu(t);
  const caller = new LinkCaller({ namespace: '/fleet', nodeId: 'a', instanceId: '', secret: SECRET });
  const answers: ((challenge: unknown, ack: (proof: unknown) => void) => void)[] = [
    (_challenge, ack) => ack({ proof: 'x' }),
    (_challenge, ack) => ack(SECRET),
    // A proof of another kind of link.
    (challenge, ack) => ack(caller.answer(challenge)),
  ];
  for (const answer of answers) {
    const stranger = io(`http://127.0.0.1:${sfu.port}/control`, {
      transports: ['websocket'],
      reconnection: false,
      forceNew: true,
      auth: caller.handshake(),
    });
    const heard: string[] = [];
    stranger.onAny((name: string) => heard.push(name));
    stranger.on('link:challenge', (challenge, ack) => {
      stranger.emit('room:open', { sfuRoomId: ROOM }, () => heard.push('an answer'));
      answer(challenge, ack);
    });
    await new Promise((resolve) => stranger.once('disconnect', resolve));
    assert.deepEqual(heard, ['link:challenge']);
  }
  assert.equal(sfu.counts().rooms, 0);
});

test('a proof that was overheard proves nothing on another link, and neither does the node’s own', async (t) => {
  const sfu = await startTestSfu(t);
  const caller = new LinkCaller({ namespace: '/control', nodeId: 'a', instanceId: '', secret: SECRET });
  const auth = caller.handshake();
  const connect = () =>
    io(`http://127.0.0.1:${sfu.port}/control`, {
      transports: ['websocket'],
      reconnection: false,
      forceNew: true,
      auth,
    });
  const overheard: { proof: string }[] = [];
  const real = connect();
  t.after(() => real.close());
  await new Promise<void>((resolve) => {
    real.on('link:challenge', (challenge, ack) => {
      const proof = caller.answer(challenge);
      overheard.push(proof);
      ack(proof);
    });
    real.on('link:proof', (proof) => {
      overheard.push(proof);
      resolve();
    });
  });
  assert.equal(overheard.length, 2);
  for (const proof of overheard) {
    const thief = connect();
    const heard: string[] = [];
    thief.onAny((name: string) => heard.push(name));
    thief.on('link:challenge', (_challenge, ack) => {
      ack(proof);
      thief.emit('room:open', { sfuRoomId: ROOM }, () => heard.push('an answer'));
    });
    await new Promise((resolve) => thief.once('disconnect', resolve));
    assert.deepEqual(heard, ['link:challenge']);
  }
  assert.equal(sfu.counts().rooms, 0);
  assert.ok(real.connected);
});
