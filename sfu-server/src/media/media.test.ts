import assert from 'node:assert/strict';
import { test } from 'node:test';
import { opusRtp, PAYLOAD_TYPE, TestPeer } from '../testing/media.ts';
import { startTestSfu } from '../testing/sfu.ts';
import { until } from '../testing/until.ts';
import { joinMedia, MediaClient } from '../testing/werift.ts';

const ROOM = 'lobby#1';
const SSRC = 0x70_61_72_6c;
/** Samples of a 20 ms Opus frame at 48 kHz. */
const FRAME = 960;

test('what one peer says over ICE, DTLS and SRTP reaches who has resumed, unchanged, and nobody else', async (t) => {
  const sfu = await startTestSfu(t);
  const link = await sfu.link();
  await link.request('room:open', { sfuRoomId: ROOM });
  const [ann, ben, cat] = await Promise.all(['ann', 'ben', 'cat'].map((id) => TestPeer.open(link, ROOM, id)));
  assert.ok(ann && ben && cat);
  const media = { ann: await joinMedia(ann), ben: await joinMedia(ben), cat: await joinMedia(cat) };
  t.after(() => Promise.all(Object.values(media).flatMap((one) => [one.send.vanish(), one.receive.vanish()])));

  const producerId = await ann.produce(opusRtp(SSRC));
  const [forBen] = await ben.consume(producerId);
  const [forCat] = await cat.consume(producerId);
  assert.ok(forBen && forCat);
  const heard = { ann: new Set<string>(), ben: new Set<string>(), cat: new Set<string>() };
  for (const who of ['ann', 'ben', 'cat'] as const) {
    media[who].receive.onRtp(({ payload }) => heard[who].add(payload.toString()));
  }
  let said = 0;
  const say = async () => {
    const n = said++;
    const header = { payloadType: PAYLOAD_TYPE, ssrc: SSRC, sequenceNumber: 1_000 + n, timestamp: FRAME * n };
    await media.ann.send.sendRtp(header, Buffer.from(`packet ${n}`));
  };
  const sayUntilHeard = (who: 'ben' | 'cat') =>
    until(`ten packets for ${who}`, async () => {
      await say();
      return heard[who].size >= 10;
    });

  await cat.resume(forCat.consumerId);
  await sayUntilHeard('cat');
  assert.equal(heard.ben.size, 0, 'a paused consumer sends nothing');

  const before = said;
  await ben.resume(forBen.consumerId);
  await sayUntilHeard('ben');
  for (const text of heard.ben) {
    const n = Number(/^packet (\d+)$/.exec(text)?.[1]);
    assert.ok(n >= before && n < said, text);
  }
  assert.equal(heard.ann.size, 0, 'a speaker does not hear himself');
});

test('a client that leaves ends its producer, and signaling is told', async (t) => {
  const sfu = await startTestSfu(t);
  const link = await sfu.link();
  await link.request('room:open', { sfuRoomId: ROOM });
  const [ann, ben] = [await TestPeer.open(link, ROOM, 'ann'), await TestPeer.open(link, ROOM, 'ben')];
  const annMedia = await joinMedia(ann);
  t.after(() => annMedia.receive.vanish());
  const producerId = await ann.produce(opusRtp(SSRC));
  await ben.consume(producerId);
  await annMedia.send.leave();
  assert.deepEqual(await link.event('producer:closed'), { sfuRoomId: ROOM, peerId: 'ann', producerId });
  await until('producer, consumer and transport to be gone', () => {
    const { producers, consumers, transports } = sfu.counts();
    return producers === 0 && consumers === 0 && transports === 3;
  });
  assert.deepEqual((await link.request('room:adopt', { sfuRoomId: ROOM })).peers, [
    { peerId: 'ann', producerIds: [] },
    { peerId: 'ben', producerIds: [] },
  ]);
  await assert.rejects(ann.produce(), { code: 'conflict' });
  // Opened again, it is as new.
  await (await TestPeer.open(link, ROOM, 'ann')).produce(opusRtp(SSRC));
});

test('a client with another certificate than it said does not get in', async (t) => {
  const sfu = await startTestSfu(t);
  const link = await sfu.link();
  await link.request('room:open', { sfuRoomId: ROOM });
  const ann = await TestPeer.open(link, ROOM, 'ann');
  const producerId = await ann.produce(opusRtp(SSRC));
  const value = Array.from({ length: 32 }, () => 'AB').join(':');
  const joining = MediaClient.join(ann.send, (real) =>
    link.request('peer:connect', {
      ...ann.of,
      transportId: ann.send.id,
      dtlsParameters: { ...real, fingerprints: [{ algorithm: 'sha-256', value }] },
    }),
  );
  joining.then(
    (client) => client.vanish(),
    () => {},
  );
  assert.deepEqual(await link.event('producer:closed'), { sfuRoomId: ROOM, peerId: 'ann', producerId });
  await joining.catch(() => {});
});
