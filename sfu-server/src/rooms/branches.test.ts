import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { noMedia } from '../media/ports.ts';
import { opusRtp, PAYLOAD_TYPE, TestPeer } from '../testing/media.ts';
import { startTestSfu } from '../testing/sfu.ts';
import { until } from '../testing/until.ts';
import { joinMedia, type MediaClient } from '../testing/werift.ts';

const ROOM = 'lobby#1';
const SSRC = 0x70_61_72_6c;
const FRAME = 960;

async function setUp(t: TestContext, env: Record<string, string>) {
  const sfu = await startTestSfu(t, { env });
  const link = await sfu.link();
  await link.request('room:open', { sfuRoomId: ROOM });
  const open = (peerId: string) => TestPeer.open(link, ROOM, peerId);
  const inspect = () => link.request('room:inspect', { sfuRoomId: ROOM });
  return { sfu, link, open, inspect };
}

/** Sends packet after packet until `heard` says that enough have come. */
async function speakUntil(what: string, send: MediaClient, heard: () => boolean): Promise<void> {
  let n = 0;
  await until(what, async () => {
    const header = { payloadType: PAYLOAD_TYPE, ssrc: SSRC, sequenceNumber: 1_000 + n, timestamp: FRAME * n };
    await send.sendRtp(header, Buffer.from(`packet ${n++}`));
    return heard();
  });
}

async function listen(t: TestContext, peer: TestPeer, producerId: string): Promise<string[]> {
  const { send, receive } = await joinMedia(peer);
  t.after(() => Promise.all([send.vanish(), receive.vanish()]));
  const heard: string[] = [];
  receive.onRtp(({ payload }) => heard.push(payload.toString()));
  const [consumer] = await peer.consume(producerId);
  assert.ok(consumer);
  assert.equal(consumer.participantId, 'ann');
  await peer.resume(consumer.consumerId);
  return heard;
}

test('who is on one worker is heard on the others, from branch to branch too; one worker dies, and the rest talk on', async (t) => {
  const { sfu, link, open, inspect } = await setUp(t, { WORKERS: '3', WORKER_PEERS_MAX: '1' });
  // One at home, one on each branch: who speaks is not at home.
  const [ben, ann, cat] = [await open('ben'), await open('ann'), await open('cat')];
  const annMedia = await joinMedia(ann);
  t.after(() => Promise.all([annMedia.send.vanish(), annMedia.receive.vanish()]));
  const producerId = await ann.produce(opusRtp(SSRC));
  const atHome = await listen(t, ben, producerId);
  const atBranch = await listen(t, cat, producerId);
  await speakUntil('both to hear ann', annMedia.send, () => atHome.length >= 10 && atBranch.length >= 10);
  for (const text of [...atHome, ...atBranch]) assert.match(text, /^packet \d+$/);

  const { home, branches, pipes } = await inspect();
  const [annsPlace, catsPlace] = branches.filter(({ worker }) => worker !== home.worker);
  assert.ok(annsPlace && catsPlace);
  assert.equal(annsPlace.producers, 1);
  assert.deepEqual(
    pipes.map(({ from, to, producers }) => [from.worker, to.worker, producers]).sort(),
    [
      [annsPlace.worker, home.worker, 1],
      [home.worker, catsPlace.worker, 1],
    ].sort(),
  );
  assert.deepEqual(sfu.counts(), {
    ...noMedia(),
    workers: 3,
    rooms: 1,
    peers: 3,
    routers: 3,
    transports: 6,
    pipes: 4,
    producers: 3,
    consumers: 4,
  });

  sfu.pool.workers.find(({ index }) => index === catsPlace.worker)?.kill();
  assert.deepEqual(await link.event('peer:lost'), { sfuRoomId: ROOM, peerIds: ['cat'] });
  const before = atHome.length;
  await speakUntil('ben to hear ann still', annMedia.send, () => atHome.length >= before + 10);
  const catAgain = await open('cat');
  const again = await listen(t, catAgain, producerId);
  await speakUntil('cat to hear ann again', annMedia.send, () => again.length >= 10);
  assert.ok(!link.events.some(({ name }) => name === 'room:closed'));

  sfu.pool.workers.find(({ index }) => index === home.worker)?.kill();
  assert.deepEqual(await link.event('room:closed'), { sfuRoomId: ROOM, reason: 'worker_died' });
  await until('nothing to be left of it', () => Object.values({ ...sfu.counts(), workers: 0 }).every((n) => n === 0));
});

test('a worker that is stopped is found out within seconds, and its peers are told of', async (t) => {
  const { sfu, link, open, inspect } = await setUp(t, { WORKERS: '2', WORKER_PEERS_MAX: '1' });
  await open('ann');
  await open('ben');
  const { home } = await inspect();
  const victim = sfu.pool.workers.find(({ index }) => index !== home.worker);
  assert.ok(victim);
  process.kill(victim.pid, 'SIGSTOP');
  const stoppedAt = performance.now();
  assert.deepEqual(await link.event('peer:lost'), { sfuRoomId: ROOM, peerIds: ['ben'] });
  t.diagnostic(`found out after ${Math.round(performance.now() - stoppedAt)} ms`);
  assert.equal(sfu.pool.deaths, 1);
});
