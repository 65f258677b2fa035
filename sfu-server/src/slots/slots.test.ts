import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { csrcOf } from '@parley/shared/media';
import type { RtpPacket } from 'werift';
import { opusRtp, PAYLOAD_TYPE, TestPeer } from '../testing/media.ts';
import { startTestSfu } from '../testing/sfu.ts';
import { AUDIO_LEVEL, everyFrame, Talk } from '../testing/talk.ts';
import { until } from '../testing/until.ts';
import { joinMedia, type MediaClient } from '../testing/werift.ts';

const ROOM = 'lobby#1';
const HOLDER = { nodeId: 'test', instanceId: '' };
const EIGHT = ['bea', 'cyd', 'dee', 'eli', 'fay', 'gus', 'hal', 'ida'];

async function setUp(t: TestContext, env: Record<string, string> = {}) {
  const sfu = await startTestSfu(t, { env: { SPEAKER_SLOTS: '3', SPEAKER_SLOTS_CALM_MS: '0', ...env } });
  const link = await sfu.link();
  await link.request('room:open', { sfuRoomId: ROOM });
  const room = sfu.rooms.use(ROOM, HOLDER);
  const join = async (peerId: string) => {
    const peer = await TestPeer.open(link, ROOM, peerId);
    const media = await joinMedia(peer);
    t.after(() => Promise.all([media.send.vanish(), media.receive.vanish()]));
    return { peer, media };
  };
  const slots = async () =>
    (await link.event('room:forwarding', ({ forwarding: { slots: ids } }) => ids.length > 0)).forwarding.slots;
  const inspect = () => link.request('room:inspect', { sfuRoomId: ROOM });
  return { sfu, link, room, join, slots, inspect, talk: new Talk(t, room) };
}

/** What a peer receives of the slots it consumes, packet for packet. */
class Ear {
  readonly packets: RtpPacket[] = [];

  static async listen(
    { peer, media }: { peer: TestPeer; media: { receive: MediaClient } },
    slots: string[],
  ): Promise<Ear> {
    const ear = new Ear();
    media.receive.onRtp((packet) => ear.packets.push(packet));
    const consumers = await peer.consume(...slots);
    assert.equal(consumers.length, slots.length);
    assert.ok(consumers.every(({ participantId }) => participantId === null));
    await peer.resume(...consumers.map(({ consumerId }) => consumerId));
    return ear;
  }

  /** Waits until the speakers of the latest packets are these. */
  async hears(...peerIds: string[]): Promise<void> {
    const from = this.packets.length;
    const wanted = peerIds.map(csrcOf).toSorted(byNumber).join();
    await until(`to hear ${peerIds.join(' and ')}`, () => {
      const lately = this.packets.slice(Math.max(from, this.packets.length - 30));
      return [...new Set(lately.map(speaker))].toSorted(byNumber).join() === wanted;
    });
  }
}

const speaker = ({ header }: RtpPacket): number => header.csrc[0] ?? 0;
const byNumber = (a: number, b: number): number => a - b;
/** From one to the next on a circle of 2^16. */
const step = (from: number, to: number): number => ((to - from) << 16) >> 16;

test('of eight who talk, a listener is sent the loudest three, as three streams that never break', async (t) => {
  const { talk, join, slots, link, sfu, inspect } = await setUp(t);
  const zoe = await join('zoe');
  await talk.open(...EIGHT);
  talk.set({ bea: -20, cyd: -21, dee: -22, eli: -45, fay: -45, gus: -45 });
  const ear = await Ear.listen(zoe, await slots());
  await ear.hears('bea', 'cyd', 'dee');
  const metrics = await (await fetch(`http://127.0.0.1:${sfu.port}/metrics`)).text();
  assert.match(metrics, /^parley_sfu_slot_rooms 1$/m);
  assert.match(metrics, /^parley_sfu_slots_held 3$/m);
  talk.set({ bea: -127, hal: -10 });
  await ear.hears('hal', 'cyd', 'dee');
  // Challenged while he talks.
  talk.set({ dee: -50, ida: -5 });
  await ear.hears('hal', 'cyd', 'ida');
  talk.close('hal');
  await until('another in his place', async () =>
    (await inspect()).slots.every(({ peerId }) => peerId !== 'hal' && peerId !== null),
  );

  const streams = Map.groupBy(ear.packets, ({ header }) => header.ssrc);
  assert.equal(streams.size, 3);
  let changes = 0;
  for (const packets of streams.values()) {
    for (const [i, { header, payload }] of packets.entries()) {
      const name = payload.toString().split(' ')[0] ?? '';
      assert.equal(header.csrc.length, 1);
      assert.equal(header.csrc[0], csrcOf(name), 'who is named is who is heard');
      const before = packets[i - 1]?.header;
      if (!before) continue;
      assert.equal(step(before.sequenceNumber, header.sequenceNumber), 1, 'no gap, no repeat');
      assert.ok(((header.timestamp - before.timestamp) | 0) >= 960, 'at least a frame on');
      if (header.csrc[0] === before.csrc[0]) continue;
      changes++;
      assert.ok(header.marker, 'a change is marked');
    }
  }
  assert.ok(changes >= 2, `${changes} changes`);

  const { mode, slots: held } = await inspect();
  assert.equal(mode, 'slots');
  assert.equal(held.length, 3);
  // Nobody's own packets are tapped but the three who are on.
  assert.equal(sfu.counts().consumers, 3 + 3);
  assert.deepEqual(
    (await link.request('room:adopt', { sfuRoomId: ROOM })).forwarding.slots,
    held.map(({ producerId }) => producerId),
  );
});

test('who speaks is not sent himself, wherever he is; slots and microphones go from worker to worker', async (t) => {
  const { talk, join, slots, inspect } = await setUp(t, { WORKERS: '2', WORKER_PEERS_MAX: '1' });
  const [ann, ben] = [await join('ann'), await join('ben')];
  const { branches, home } = await inspect();
  assert.deepEqual(
    branches.map(({ peers }) => peers),
    [1, 1],
  );
  await talk.open('cyd', 'dee');
  talk.set({ cyd: -40, dee: -41 });
  const levels = new Map([
    [ann, -30],
    [ben, -20],
  ]);
  const say = new Map<typeof ann, () => void>();
  for (const [n, who] of [ann, ben].entries()) {
    const ssrc = 0x7000 + n;
    await who.peer.produce(opusRtp(ssrc, { headerExtensions: [AUDIO_LEVEL] }));
    let sequence = 0;
    say.set(who, () => {
      const at = sequence++;
      const extensions = [{ id: AUDIO_LEVEL.id, payload: Buffer.from([0x80 | -(levels.get(who) ?? -127)]) }];
      const header = { ssrc, payloadType: PAYLOAD_TYPE, sequenceNumber: at, timestamp: at * 960 };
      void who.media.send.sendRtp(
        { ...header, extension: true, extensionProfile: 0xbede, extensions },
        Buffer.from(`${who.peer.peerId} ${at}`),
      );
    });
  }
  everyFrame(t, () => {
    for (const one of say.values()) one();
  });
  const ids = await slots();
  const ears = { ann: await Ear.listen(ann, ids), ben: await Ear.listen(ben, ids) };
  await Promise.all([ears.ann.hears('ben', 'cyd'), ears.ben.hears('ann', 'cyd')]);
  // Whose slot changes hands is sent it again.
  levels.set(ann, -127);
  talk.set({ dee: -15 });
  await Promise.all([ears.ann.hears('ben', 'cyd', 'dee'), ears.ben.hears('cyd', 'dee')]);
  for (const [name, { packets }] of Object.entries(ears)) {
    assert.ok(
      packets.every((packet) => speaker(packet) !== csrcOf(name)),
      `${name} never hears ${name}`,
    );
  }
  const { pipes } = await inspect();
  assert.deepEqual(
    pipes.map(({ from, producers }) => [from.worker, producers]),
    [[home.worker, 3]],
    'slots, and no microphone',
  );
});

test('a killed worker takes its speakers off the slots, and the others go on', async (t) => {
  const { talk, sfu, join, slots, inspect, link } = await setUp(t, { WORKERS: '2', WORKER_PEERS_MAX: '1' });
  const [zoe, ben] = [await join('zoe'), await join('ben')];
  await talk.open('cyd', 'dee', 'eli');
  talk.set({ cyd: -40, dee: -40, eli: -40 });
  await ben.peer.produce(opusRtp(0x7000, { headerExtensions: [AUDIO_LEVEL] }));
  await link.request('room:pin', { sfuRoomId: ROOM, peerIds: ['ben'] });
  const ear = await Ear.listen(zoe, await slots());
  await until('ben to have one', async () => (await inspect()).slots.some(({ peerId }) => peerId === 'ben'));
  const { home } = await inspect();
  sfu.pool.workers.find(({ index }) => index !== home.worker)?.kill();
  await link.event('peer:lost');
  await ear.hears('cyd', 'dee', 'eli');
});

test('when few are left the room forwards microphones again, and they can be consumed', async (t) => {
  const { talk, join, slots, link, room } = await setUp(t);
  const zoe = await join('zoe');
  await talk.open(...EIGHT);
  talk.set({ bea: -20 });
  const ear = await Ear.listen(zoe, await slots());
  await ear.hears('bea', ...[...room.stage.slots].flatMap(({ peerId }) => (peerId && peerId !== 'bea' ? peerId : [])));
  talk.close(...EIGHT.slice(1));
  const { forwarding } = await link.event('room:forwarding', ({ forwarding: { slots: ids } }) => ids.length === 0);
  assert.ok(forwarding.generation >= 2);
  const [microphone] = [...room.directory.entries].filter(({ peerId }) => peerId === 'bea');
  assert.ok(microphone);
  const [consumer] = await zoe.peer.consume(microphone.id);
  assert.equal(consumer?.participantId, 'bea');
  await zoe.peer.resume(consumer.consumerId);
  // The slots go on for a while: nobody is without both.
  await until('bea twice', () => {
    const lately = ear.packets.slice(-20);
    return (
      new Set(lately.filter(({ payload }) => payload.toString().startsWith('bea')).map(({ header }) => header.ssrc))
        .size === 2
    );
  });
});
