import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CAPABILITIES, HOME, kinds, NODE, settle, setUp, speakAt } from './home-room.fake.ts';

test('what happened while the link was cut is put right when it is back, and the rest goes on', async (t) => {
  const { branch, room, link, edgeRouter, atEdge } = await setUp(t);
  const atHome = await room.speak();
  const ben = await speakAt(room, branch, 'ben');
  const cleo = await speakAt(room, branch, 'cleo');
  await ben.peer.consume([atHome, cleo.producerId], CAPABILITIES);
  for (const { producerId } of [ben, cleo]) await room.pipes.hold(producerId, room.hub);

  link.cut();
  // Everything flows as before.
  assert.equal(edgeRouter.producers.get(atHome)?.fed, true);
  assert.equal(room.router.producers.get(ben.producerId)?.fed, true);
  await room.router.producers.get(atHome)?.pause();
  cleo.peer.close();
  atEdge().room.closePeer('ben');
  const lost: string[] = [];
  branch.on('peersLost', (peerIds) => lost.push(...peerIds));
  const asked = room.seat('dora', branch).open();
  await link.mend();
  await asked;
  await settle();
  assert.equal(edgeRouter.producers.get(atHome)?.paused, true);
  assert.deepEqual(lost, ['ben']);
  assert.deepEqual(
    atEdge().state.peers.map(({ peerId }) => peerId),
    ['dora'],
  );
  assert.deepEqual([...room.router.producers.keys()], [atHome]);
});

test('who asks while the link is down waits, and is refused in the end', async (t) => {
  const { branch, room, link, clock } = await setUp(t);
  link.cut();
  const refused = assert.rejects(room.seat('ann', branch).open(), { code: 'sfu_unavailable' });
  await settle();
  clock.advance(5_000);
  await refused;
  assert.equal(branch.peerCount, 0);
});

test('a peer closed while it waits for the link is not opened when it is back', async (t) => {
  const { branch, room, link, atEdge } = await setUp(t);
  link.cut();
  const peer = room.seat('ann', branch);
  const refused = assert.rejects(peer.open(), { code: 'not_found' });
  await settle();
  peer.close();
  await link.mend();
  await refused;
  assert.deepEqual(atEdge().state.peers, []);
});

test('a node that is given up takes its peers with it, once, and its pipes', async (t) => {
  const { branch, room, link, here } = await setUp(t);
  const { peer, producerId } = await speakAt(room, branch, 'ben');
  await room.pipes.hold(producerId, room.hub);
  const ended: string[][] = [];
  branch.on('ended', (peerIds) => ended.push(peerIds));
  const refused = assert.rejects(room.seat('cleo', branch).open(), { code: 'sfu_unavailable' });
  link.lose();
  await refused;
  assert.deepEqual(ended, [['ben']]);
  assert.equal(peer.closed, true);
  assert.equal(room.router.producers.size, 0);
  assert.equal(kinds(here).includes('pipe'), false);
});

test('an edge whose worker died is told of at once', async (t) => {
  const { branch, room, edges, there, here } = await setUp(t);
  await speakAt(room, branch, 'ben');
  const ended: unknown[] = [];
  branch.on('ended', (peerIds, reason) => ended.push(peerIds, reason));
  there.die();
  edges.handleWorkerDied(there);
  await settle();
  assert.deepEqual(ended, [['ben'], 'worker_died']);
  assert.equal(edges.count, 0);
  assert.equal(kinds(here).includes('pipe'), false);
});

test('an edge that the other node has no more is over as soon as the link is back', async (t) => {
  const { branch, room, edges, link } = await setUp(t);
  await speakAt(room, branch, 'ben');
  link.cut();
  edges.close(HOME, branch.id);
  const ended: string[][] = [];
  branch.on('ended', (peerIds) => ended.push(peerIds));
  await link.mend();
  assert.deepEqual(ended, [['ben']]);
});

test('an edge closed while the link was cut is closed at the other node when it is back', async (t) => {
  const { branch, edges, link, there } = await setUp(t);
  link.cut();
  branch.close();
  assert.equal(edges.count, 1);
  await link.mend();
  await settle();
  assert.equal(edges.count, 0);
  assert.equal(there.live.size, 0);
});

test('an edge whose home router is gone is closed', async (t) => {
  const { here, edges, there } = await setUp(t);
  here.die();
  await settle();
  assert.equal(edges.count, 0);
  assert.equal(there.live.size, 0);
});

test('requests of an older generation, and of another process, are refused and change nothing', async (t) => {
  const { branch, room, edges, link, fleet, atEdge } = await setUp(t);
  branch.close();
  const newer = await fleet.open(room, NODE);
  assert.ok(newer.id.generation > branch.id.generation);
  await room.seat('ben', newer).open();
  const stale = { code: 'stale_epoch' };
  await assert.rejects(link.request('peer:open', { ...branch.id, peerId: 'ben' }), stale);
  await assert.rejects(link.request('edge:state', branch.id), stale);
  const srtpParameters = { cryptoSuite: 'AEAD_AES_256_GCM', keyBase64: 'AAAA' } as const;
  const pipe = { ip: '127.0.0.1', port: 1, srtpParameters };
  await assert.rejects(link.request('edge:open', { ...branch.id, pipe }), stale);
  await assert.rejects(link.request('edge:open', { ...newer.id, pipe }), { code: 'conflict' });
  await link.request('edge:close', branch.id);
  const restarted = { ...HOME, instanceId: '2' };
  assert.throws(() => edges.use(restarted, newer.id), stale);
  edges.close(restarted, newer.id);
  await assert.rejects(edges.open({ nodeId: 'c', instanceId: '1' }, newer.id, pipe), { code: 'conflict' });
  assert.deepEqual(
    atEdge(newer.id).state.peers.map(({ peerId }) => peerId),
    ['ben'],
  );
});

test('a link is shared by all rooms with that node, and closed when none has needed it for a while', async (t) => {
  const { branch, fleet, links, makeRoom, clock } = await setUp(t);
  const other = await fleet.open(await makeRoom('other'), NODE);
  assert.equal(links.length, 1);
  branch.close();
  clock.advance(60_000);
  assert.equal(fleet.links, 1);
  other.close();
  assert.equal(fleet.links, 1);
  clock.advance(60_000);
  assert.equal(fleet.links, 0);
});

test('an edge without its home goes on for a lease, then ends', async (t) => {
  const { branch, room, edges, link, clock, there } = await setUp(t);
  await speakAt(room, branch, 'ben');
  link.cut();
  clock.advance(59_999);
  assert.equal(edges.count, 1);
  await link.mend();
  clock.advance(120_000);
  assert.equal(edges.count, 1);
  link.cut();
  clock.advance(60_000);
  assert.equal(edges.count, 0);
  assert.equal(there.live.size, 0);
});
