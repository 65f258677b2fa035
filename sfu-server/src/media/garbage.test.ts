import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { opusRtp, PAYLOAD_TYPE, TestPeer } from '../testing/media.ts';
import { rssOf } from '../testing/memory.ts';
import { startTestSfu } from '../testing/sfu.ts';
import { bindingRequest, isBindingSuccess } from '../testing/stun.ts';
import { until } from '../testing/until.ts';
import { joinMedia, type MediaClient } from '../testing/werift.ts';
import { isWorkerBuiltHere } from '../testing/worker-bin.ts';

/*
 * The media ports are open to the world. Whatever comes in there, from strangers or from a client of the room, those who
 * talk meanwhile hear each other, and the worker neither dies nor grows.
 */

const ROOM = 'lobby#1';
const [ANN, EVE] = [0xa11, 0xe5e];
const FRAME = 960;
/** So much is sent before the worker must have taken it in: more could be lost in the kernel. */
const BATCH = 100;
const WARM_UP = 2_000;
/** What a worker's memory may seem to grow by. */
const NOISE_BYTES = 1.5 * 2 ** 20;

function assertSteady(t: TestContext, before: number, after: number): void {
  const told = `the worker has grown by ${Math.round((after - before) / 1024)} KiB`;
  t.diagnostic(told);
  assert.ok(after - before < NOISE_BYTES, told);
}

const isPrebuilt = isWorkerBuiltHere
  ? false
  : 'mediasoup’s own worker keeps a context for every SSRC it has heard from';

async function setUp(t: TestContext) {
  const sfu = await startTestSfu(t);
  const link = await sfu.link();
  await link.request('room:open', { sfuRoomId: ROOM });
  const join = async (peerId: string) => {
    const peer = await TestPeer.open(link, ROOM, peerId);
    const media = await joinMedia(peer);
    t.after(() => Promise.all([media.send.vanish(), media.receive.vanish()]));
    return { peer, media };
  };
  const [ann, ben, eve] = [await join('ann'), await join('ben'), await join('eve')];
  const mids = { mid: 'eve', headerExtensions: [{ uri: 'urn:ietf:params:rtp-hdrext:sdes:mid', id: MID }] };
  const voices = [await ann.peer.produce(opusRtp(ANN)), await eve.peer.produce(opusRtp(EVE, mids))];
  const consumers = await ben.peer.consume(...voices);
  await ben.peer.resume(...consumers.map(({ consumerId }) => consumerId));
  let heard = 0;
  ben.media.receive.onRtp(({ payload }) => {
    if (payload.toString() === 'ann') heard++;
  });
  let said = 0;
  /** Ann is heard by ben, by packets said since now: so the worker has taken in what came before. */
  const goesOn = async () => {
    const before = heard;
    await until('ann to be heard', async () => {
      const n = said++;
      const header = { payloadType: PAYLOAD_TYPE, ssrc: ANN, sequenceNumber: n & 0xffff, timestamp: FRAME * n };
      await ann.media.send.sendRtp(header, Buffer.from('ann'));
      return heard > before + 1;
    });
  };
  const [worker] = sfu.pool.workers;
  assert.ok(worker);
  /** Sends so many times, while the others talk. */
  const pelt = async (times: number, send: (n: number) => unknown) => {
    for (let n = 0; n < times; n++) {
      await send(n);
      if (n % BATCH === BATCH - 1) await goesOn();
    }
    await goesOn();
    assert.equal(sfu.pool.deaths, 0);
  };
  /** The same so often that the worker's memory would tell, once what it keeps of it is as much as it ever is. */
  const peltAtLength = async (send: (n: number) => unknown, times = 5_000) => {
    await pelt(WARM_UP, send);
    const before = rssOf(worker.pid);
    await pelt(times, send);
    assertSteady(t, before, rssOf(worker.pid));
  };
  await goesOn();
  return { sfu, worker, eve, goesOn, peltAtLength };
}

const MID = 4;
const anySsrc = () => randomInt(0x1_0000, 2 ** 32 - 1);
const ONE_BYTE = 0xbede;
const TWO_BYTE = 0x1000;

/** RTP that a client in good standing encrypts as it should, and that is wrong inside. */
const rtpGarbage: Record<string, (client: MediaClient, n: number) => Promise<void>> = {
  'an SSRC of nobody': (client, n) => client.sendRtp(rtp(n, anySsrc()), randomBytes(20)),
  'an SSRC of another': (client, n) => client.sendRtp(rtp(n, ANN), randomBytes(20)),
  'a MID of nobody': (client, n) =>
    client.sendRtp(
      { ...rtp(n, anySsrc()), ...extended(ONE_BYTE, [{ id: MID, payload: Buffer.from('no') }]) },
      randomBytes(20),
    ),
  'an SSRC of nobody with one’s own MID': (client, n) =>
    client.sendRtp(
      { ...rtp(n, anySsrc()), ...extended(ONE_BYTE, [{ id: MID, payload: Buffer.from('eve') }]) },
      randomBytes(20),
    ),
  'huge extensions': (client, n) =>
    client.sendRtp(
      {
        ...rtp(n, EVE),
        ...extended(
          TWO_BYTE,
          [1, 4, 200, 255].map((id) => ({ id, payload: randomBytes(250) })),
        ),
      },
      randomBytes(20),
    ),
  'fifteen CSRCs and nothing else': (client, n) =>
    client.sendRtp({ ...rtp(n, EVE), csrc: Array.from({ length: 15 }, anySsrc) }, Buffer.alloc(0)),
  'another payload type': (client, n) => client.sendRtp({ ...rtp(n, EVE), payloadType: n % 64 }, randomBytes(20)),
  'sequence and time at random': (client) =>
    client.sendRtp(
      { ...rtp(0, EVE), sequenceNumber: randomInt(2 ** 16), timestamp: randomInt(2 ** 32) },
      randomBytes(1_200),
    ),
};

const rtp = (n: number, ssrc: number) => ({
  payloadType: PAYLOAD_TYPE,
  ssrc,
  sequenceNumber: n & 0xffff,
  timestamp: (FRAME * n) >>> 0,
});
const extended = (
  extensionProfile: typeof ONE_BYTE | typeof TWO_BYTE,
  extensions: { id: number; payload: Buffer }[],
) => ({ extension: true, extensionProfile, extensions });

test('RTP that is wrong inside disturbs nobody', async (t) => {
  const { eve, peltAtLength } = await setUp(t);
  const kinds = Object.values(rtpGarbage);
  await peltAtLength((n) => kinds[n % kinds.length]?.(eve.media.send, n));
});

test('RTP that is none, each packet from an SSRC of its own, leaves nothing in the worker', {
  skip: isPrebuilt,
}, async (t) => {
  const { eve, peltAtLength } = await setUp(t);
  // More padding than packet: it is decrypted, and then cannot be parsed.
  const send = (n: number) => eve.media.send.sendRtp({ ...rtp(n, anySsrc()), padding: true }, Buffer.from([255]));
  await peltAtLength(send, 10_000);
});

/** RTCP likewise. */
const rtcpGarbage: Record<string, () => Buffer> = {
  'noise for a body': () => rtcp(randomInt(192, 224), anySsrc(), randomBytes(4 * randomInt(0, 20))),
  'a length that lies': () => {
    const packet = rtcp(200, anySsrc(), randomBytes(20));
    packet.writeUInt16BE(randomInt(2 ** 16), 2);
    return packet;
  },
  'feedback about everybody': () =>
    Buffer.concat(
      [ANN, EVE, anySsrc()].flatMap((ssrc) =>
        [205, 206].map((type) => rtcp(type, anySsrc(), Buffer.concat([uint32(ssrc), randomBytes(4)]), 1)),
      ),
    ),
  'goodbye for another': () => rtcp(203, ANN, Buffer.alloc(0), 1),
};

const uint32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
/** Type, the SSRC it is from, and a body, RFC 3550, 6.4. */
const rtcp = (type: number, ssrc: number, body: Buffer, count = randomInt(32)) => {
  const head = Buffer.from([0x80 | count, type, 0, 0]);
  head.writeUInt16BE(1 + body.length / 4, 2);
  return Buffer.concat([head, uint32(ssrc), body]);
};

test('RTCP that is wrong inside, each from an SSRC of its own, disturbs nobody and leaves nothing in the worker', {
  skip: isPrebuilt,
}, async (t) => {
  const { eve, peltAtLength } = await setUp(t);
  const kinds = Object.values(rtcpGarbage);
  const send = (n: number) => eve.media[n % 3 ? 'send' : 'receive'].sendRtcp(kinds[n % kinds.length]?.() ?? uint32(0));
  await peltAtLength(send, 15_000);
});

test('who is not let in disturbs nobody, over UDP', async (t) => {
  const { eve, goesOn, peltAtLength } = await setUp(t);
  const stranger = createSocket('udp4');
  t.after(() => stranger.close());
  const answers: Buffer[] = [];
  stranger.on('message', (message) => answers.push(message));
  const { send } = eve.peer;
  const [{ address, port } = { address: '', port: 0 }] = send.iceCandidates;
  const datagrams: (() => Buffer)[] = [
    () => randomBytes(randomInt(1, 1_500)),
    // What its first byte makes it: STUN, DTLS, RTP, RTCP.
    ...[0, 1, 20, 22, 63, 128, 191].map(
      (first) => () => Buffer.concat([Buffer.from([first]), randomBytes(randomInt(0, 1_400))]),
    ),
    () => Buffer.concat([Buffer.from([0x80, 200]), randomBytes(randomInt(0, 100))]),
    () => Buffer.alloc(0),
    () => randomBytes(60_000),
    () => truncated(bindingRequest(send.iceParameters)),
    () => bindingRequest({ ...send.iceParameters, password: 'a guess' }),
    () => bindingRequest({ usernameFragment: randomBytes(8).toString('hex'), password: 'x' }),
    () => bindingRequest({ usernameFragment: 'x'.repeat(1_000), password: 'x' }),
    () => changed(bindingRequest(send.iceParameters)),
  ];
  await peltAtLength((n) => stranger.send((datagrams[n % datagrams.length] as () => Buffer)(), port, address));
  assert.deepEqual(answers.filter(isBindingSuccess), []);
  // What the others were made of would have been answered.
  stranger.send(bindingRequest(send.iceParameters), port, address);
  await until('an answer', () => answers.some(isBindingSuccess));
  await goesOn();
});

const truncated = (message: Buffer) => message.subarray(0, randomInt(1, message.length - 1));
const changed = (message: Buffer) => {
  // The proof of integrity, and what stands before it.
  const at = randomInt(20, message.length - 8);
  message.writeUInt8(message.readUInt8(at) ^ (1 + randomInt(255)), at);
  return message;
};

test('who is let in and sends what is not encrypted disturbs nobody', async (t) => {
  const { eve, peltAtLength } = await setUp(t);
  const firsts = [0, 20, 22, 23, 63, 128, 191];
  await peltAtLength((n) => {
    const first = firsts[n % firsts.length] ?? 0;
    const length = randomInt(0, n % 2 ? 40 : 1_200);
    return eve.media.send.sendDatagram(
      Buffer.concat([Buffer.from([first, n % 3 ? PAYLOAD_TYPE : 200]), randomBytes(length)]),
    );
  });
});

test('who is not let in disturbs nobody, over TCP', async (t) => {
  const { sfu, worker, eve, goesOn } = await setUp(t);
  const { address, port } = eve.peer.send.iceCandidates.find(({ protocol }) => protocol === 'tcp') ?? {};
  assert.ok(address && port);
  const sockets = new Set<Socket>();
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  const open = async () => {
    const socket = connect(port, address);
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
    await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
    return socket;
  };
  const round = async () => {
    const strangers = await Promise.all(Array.from({ length: 50 }, open));
    for (const [n, socket] of strangers.entries()) {
      const length = Buffer.alloc(2);
      length.writeUInt16BE([0, 1, 0xffff, 1_000, 20][n % 5] ?? 0);
      for (let i = 0; i < 10; i++) socket.write(Buffer.concat([length, randomBytes(n % 3 ? 30 : 10_000)]));
    }
    await goesOn();
    for (const socket of strangers) socket.destroy();
    await until('all to be gone', () => sockets.size === 0);
    await goesOn();
  };
  for (let n = 0; n < 10; n++) await round();
  const before = rssOf(worker.pid);
  for (let n = 0; n < 20; n++) await round();
  assertSteady(t, before, rssOf(worker.pid));
  assert.equal(sfu.pool.deaths, 0);
});
