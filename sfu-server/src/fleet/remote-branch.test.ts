import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CAPABILITIES, LINGER_MS, settle, setUp, speakAt } from './home-room.fake.ts';

test('who is at the edge hears the home, and the home the edge, by the same ids', async (t) => {
  const { branch, room, edgeRouter, atEdge } = await setUp(t);
  const atHome = await room.speak();
  const ben = await speakAt(room, branch, 'ben');
  const [consumer] = await ben.peer.consume([atHome, ben.producerId, 'nothing'], CAPABILITIES);
  assert.equal(consumer?.producerId, atHome);
  assert.equal(consumer?.participantId, 'home');
  assert.equal(edgeRouter.producers.get(atHome)?.fed, true);
  await ben.peer.resumeConsumers([consumer.consumerId]);

  await room.pipes.hold(ben.producerId, room.hub);
  assert.equal(room.router.producers.get(ben.producerId)?.fed, true);
  assert.deepEqual(atEdge().state, {
    peers: [{ peerId: 'ben', producers: [{ producerId: ben.producerId, paused: false }] }],
    in: [{ producerId: atHome, paused: false }],
    out: [ben.producerId],
  });
});

test('a producer is brought to an edge once for all who hear it there, and no longer than somebody does', async (t) => {
  const { branch, room, link, clock, atEdge } = await setUp(t);
  const atHome = await room.speak();
  const peers = ['ann', 'ben', 'cleo'].map((peerId) => room.seat(peerId, branch));
  await Promise.all(peers.map((peer) => peer.open()));
  await Promise.all(peers.map((peer) => peer.consume([atHome], CAPABILITIES)));
  assert.equal(link.asked.filter(({ name }) => name === 'pipe:in').length, 1);
  peers[0]?.close();
  peers[1]?.close();
  await settle();
  clock.advance(LINGER_MS);
  await settle();
  assert.equal(atEdge().state.in.length, 1);
  peers[2]?.close();
  await settle();
  clock.advance(LINGER_MS);
  await settle();
  assert.deepEqual(atEdge().state, { peers: [], in: [], out: [] });
});

test('two at the same edge hear each other without the home', async (t) => {
  const { branch, room, link } = await setUp(t);
  const ann = await speakAt(room, branch, 'ann');
  const ben = await speakAt(room, branch, 'ben');
  assert.equal((await ben.peer.consume([ann.producerId], CAPABILITIES)).length, 1);
  assert.equal((await ann.peer.consume([ben.producerId], CAPABILITIES)).length, 1);
  assert.deepEqual(
    link.asked.filter(({ name }) => name.startsWith('pipe:')),
    [],
  );
});

test('pausing and ending at the source does the same at the other end', async (t) => {
  const { branch, room, edgeRouter } = await setUp(t);
  const atHome = await room.speak();
  const { peer, producerId } = await speakAt(room, branch, 'ben');
  await peer.consume([atHome], CAPABILITIES);
  await room.pipes.hold(producerId, room.hub);

  await room.router.producers.get(atHome)?.pause();
  await peer.pauseProducer(producerId, true);
  await settle();
  assert.equal(edgeRouter.producers.get(atHome)?.paused, true);
  assert.equal(room.router.producers.get(producerId)?.paused, true);
  await room.router.producers.get(atHome)?.resume();
  await peer.pauseProducer(producerId, false);
  await settle();
  assert.equal(edgeRouter.producers.get(atHome)?.paused, false);
  assert.equal(room.router.producers.get(producerId)?.paused, false);

  room.quieten(atHome);
  peer.closeProducer(producerId);
  await settle();
  assert.equal(edgeRouter.producers.size, 0);
  assert.equal(room.router.producers.size, 0);
});

test('a microphone that ends by itself at the edge is told, and its copy at home ends', async (t) => {
  const { branch, room, edgeRouter } = await setUp(t);
  const { peer, producerId } = await speakAt(room, branch, 'ben');
  await room.pipes.hold(producerId, room.hub);
  const ended: unknown[] = [];
  peer.on('producerClosed', (...closed) => ended.push(...closed));
  for (const transport of edgeRouter.transports) transport.leave();
  await settle();
  assert.deepEqual(ended, [producerId, true]);
  assert.equal(room.router.producers.size, 0);
});

test('what is withheld from a peer at the edge is, and is again after the link was cut', async (t) => {
  const { branch, room, edgeRouter, link } = await setUp(t);
  const slot = await room.speak();
  const { peer } = await speakAt(room, branch, 'ben');
  const [consumer] = await peer.consume([slot], CAPABILITIES);
  await peer.resumeConsumers([consumer?.consumerId ?? '']);
  const [heard] = edgeRouter.producers.get(slot)?.consumers ?? [];
  await peer.withhold(slot, true);
  assert.equal(heard?.paused, true);
  await peer.withhold(slot, false);
  assert.equal(heard?.paused, false);
  link.cut();
  const told = peer.withhold(slot, true).catch(() => {});
  await link.mend();
  await told;
  await settle();
  assert.equal(heard?.paused, true);
});

test('microphones that give way to slots are no longer brought to the edge, nor consumed there', async (t) => {
  const { branch, room, edgeRouter, clock, atEdge } = await setUp(t);
  const atHome = await room.speak();
  const ann = await speakAt(room, branch, 'ann');
  const ben = await speakAt(room, branch, 'ben');
  assert.equal((await ben.peer.consume([atHome, ann.producerId], CAPABILITIES)).length, 2);
  room.inaudible = new Set([atHome, ann.producerId]);
  assert.deepEqual(await ann.peer.consume([atHome], CAPABILITIES), []);
  ben.peer.dropInaudible();
  await settle();
  assert.equal(edgeRouter.producers.get(ann.producerId)?.consumers.size, 0);
  clock.advance(LINGER_MS);
  await settle();
  assert.deepEqual(atEdge().state.in, []);
});

test('the home hears how loud the open microphones of an edge are, and only those', async (t) => {
  const { branch, room, edgeRouter } = await setUp(t);
  const atHome = await room.speak();
  const ann = await speakAt(room, branch, 'ann');
  const ben = await speakAt(room, branch, 'ben');
  await ann.peer.consume([atHome], CAPABILITIES);
  await ben.peer.pauseProducer(ben.producerId, true);
  await settle();
  const [ears] = edgeRouter.levels;
  assert.deepEqual([...(ears?.producerIds ?? [])].includes(atHome), false);
  const told: unknown[] = [];
  branch.on('levels', (levels) => told.push(levels));
  ears?.report([{ producerId: ann.producerId, dBov: -20 }]);
  ears?.report([]);
  await settle();
  assert.deepEqual(told, [[{ producerId: ann.producerId, dBov: -20 }], []]);
});
