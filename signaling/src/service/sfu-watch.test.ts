import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { FakeSfu } from '../sfu/sfu.fake.ts';
import { rtpCapabilities, rtpParameters } from '../testing/media.ts';
import { startRedis } from '../testing/redis.ts';
import { TestServer } from '../testing/server.ts';
import { until } from '../testing/until.ts';

/** Two people on an SFU, both heard. */
async function onSfu(t: TestContext, { sfu = new FakeSfu('sfu-1') } = {}) {
  const server = await TestServer.start(t, {
    sfu,
    env: { MESH_MAX_PEERS: '1', MESH_RETURN_PEERS: '0', SFU_LEAVE_WITHIN_MS: '100' },
  });
  const ann = await server.member(t, 'Ann');
  const ben = await server.member(t, 'Ben');
  const at = { roomId: 'lobby', epoch: 2 };
  for (const person of [ann, ben]) {
    const { send } = await person.request('sfu:open', at);
    await person.request('sfu:produce', { ...at, transportId: send.id, rtpParameters, paused: false });
    await person.request('room:ready', at);
  }
  await ann.reaches('sfu');
  const [sfuRoomId = ''] = [...server.sfu.rooms.keys()];
  return { server, ann, ben, sfuRoomId };
}

test('when a link is back, the room’s lease is taken again and what ended meanwhile is told', async (t) => {
  const { server, ann, ben, sfuRoomId } = await onSfu(t);
  server.sfu.rooms.get(sfuRoomId)?.peers.get(ben.id)?.producers.clear();
  server.sfu.events.emit('nodeUp', 'sfu-1');
  await ann.hears('producerRemoved', ({ participantId }) => participantId === ben.id);
  assert.equal((await ann.snapshot()).topology.phase, 'sfu');
});

test('who left while the SFU could not be told is closed there then', async (t) => {
  const { server, ben } = await onSfu(t);
  const node = server.sfu.nodes.get('sfu-1') ?? assert.fail();
  server.sfu.nodes.delete('sfu-1');
  await ben.request('room:leave', { roomId: 'lobby' });
  assert.equal(server.sfu.counts().peers, 2);
  server.sfu.nodes.set('sfu-1', node);
  server.sfu.events.emit('nodeUp', 'sfu-1');
  await until('the peer to be closed', () => server.sfu.counts().peers === 1);
});

test('a room the node no longer knows when the link is back is lost', async (t) => {
  const { server, ann } = await onSfu(t);
  server.sfu.rooms.clear();
  server.sfu.events.emit('nodeUp', 'sfu-1');
  const { topology } = await ann.hears('topologyChanged', ({ reason }) => reason === 'sfu_lost');
  assert.equal(topology.phase, 'promoting');
});

test('a room whose end nobody heard is lost as soon as someone wants to go there', async (t) => {
  const { server, ann, ben } = await onSfu(t);
  server.sfu.rooms.clear();
  assert.equal(await ben.refusal('sfu:open', { roomId: 'lobby', epoch: 2 }), 'not_found');
  const { topology } = await ann.hears('topologyChanged', ({ reason }) => reason === 'sfu_lost');
  assert.equal(topology.phase, 'promoting');
});

test('news of rooms that are not ours changes nothing', async (t) => {
  const { server, ann } = await onSfu(t);
  server.sfu.events.emit('roomClosed', { sfuRoomId: 'another', nodeId: 'sfu-1', reason: 'lease' });
  server.sfu.events.emit('producerClosed', { sfuRoomId: 'another', peerId: ann.id, producerId: 'producer-1' });
  server.sfu.events.emit('nodeLost', 'another');
  assert.equal((await ann.snapshot()).topology.epoch, 3);
});

test('slots are told to everyone, and can be consumed', async (t) => {
  const { server, ann, ben, sfuRoomId } = await onSfu(t);
  const { slots: producerIds } = server.sfu.setSlots(sfuRoomId, 2);
  for (const person of [ann, ben]) await person.hears('slotsChanged', ({ slots }) => slots.producerIds.length === 2);
  assert.deepEqual((await ann.snapshot()).slots, [{ epoch: 2, producerIds }]);
  const { consumers } = await ann.request('sfu:consume', { roomId: 'lobby', epoch: 2, producerIds, rtpCapabilities });
  assert.deepEqual(
    consumers.map(({ participantId }) => participantId),
    [null, null],
  );
  server.sfu.setSlots(sfuRoomId, 0);
  await ben.hears('slotsChanged', ({ slots }) => slots.producerIds.length === 0);
});

test('whose transports an SFU has lost is told, and opens them anew; the others hear that they are quiet', async (t) => {
  const { server, ann, ben, sfuRoomId } = await onSfu(t);
  server.sfu.killPeers(sfuRoomId, [ben.id]);
  await ann.hears('producerRemoved', ({ participantId }) => participantId === ben.id);
  await until('Ben to be told', () => ben.lost.length > 0);
  assert.deepEqual(ben.lost, [{ roomId: 'lobby', epoch: 2 }]);
  const { send } = await ben.request('sfu:open', { roomId: 'lobby', epoch: 2 });
  const again = { roomId: 'lobby', epoch: 2, transportId: send.id, rtpParameters, paused: false };
  const { producerId } = await ben.request('sfu:produce', again);
  await ann.hears('producerAdded', ({ producer }) => producer.producerId === producerId);
  assert.deepEqual([ann.lost, (await ann.snapshot()).topology.epoch], [[], 3]);
});

test('a room leaves a node that drains, by both paths at once', async (t) => {
  const sfu = new FakeSfu('sfu-1', 'sfu-2');
  const { server, ann, ben, sfuRoomId } = await onSfu(t, { sfu });
  const before = sfu.rooms.get(sfuRoomId)?.nodeId ?? '';
  sfu.drain(before);
  const epoch = await ann.reaches('moving');
  assert.equal(sfu.counts().rooms, 2);
  const at = { roomId: 'lobby', epoch };
  for (const person of [ann, ben]) {
    const { send } = await person.request('sfu:open', at);
    await person.request('sfu:produce', { ...at, transportId: send.id, rtpParameters, paused: false });
    // The old path is there as long as not everyone has moved.
    await person.request('sfu:open', { roomId: 'lobby', epoch: 2 });
    await person.request('room:ready', at);
  }
  await ann.hears('topologyChanged', ({ topology }) => topology.epoch === epoch + 1);
  await until('the old room to be closed', () => sfu.counts().rooms === 1);
  const [room] = [...sfu.rooms.values()];
  assert.notEqual(room?.nodeId, before);
  assert.equal((await server.store.read('lobby'))?.sfu?.nodeId, room?.nodeId);
  assert.equal(await ann.refusal('sfu:open', { roomId: 'lobby', epoch: 2 }), 'stale_epoch');
});

test('a room leaves a node that has an edge of it and drains; one that has not stays', async (t) => {
  const sfu = new FakeSfu('sfu-1', 'sfu-2', 'sfu-3');
  const { server, ann, sfuRoomId } = await onSfu(t, { sfu });
  const home = sfu.rooms.get(sfuRoomId)?.nodeId ?? '';
  const [edge = '', other = ''] = [...sfu.nodes.keys()].filter((nodeId) => nodeId !== home);
  sfu.edges.set(sfuRoomId, [edge]);
  sfu.drain(other);
  await until('the home to be asked', () => sfu.log.some(({ name }) => name === 'room:inspect'));
  sfu.drain(edge);
  await ann.reaches('moving');
  const state = await server.store.read('lobby');
  assert.equal(state?.leaving, edge);
  assert.equal(state?.nextSfu?.nodeId, home, 'the home may carry it again');
});

test('a home is asked about few of its rooms at a time when another node drains, and about all of them in the end', async (t) => {
  const sfu = new FakeSfu('sfu-1', 'sfu-2');
  const server = await TestServer.start(t, { sfu, env: { USER_ROOMS_MAX: '50' } });
  const ann = await server.connect(t);
  for (let i = 0; i < 20; i++) {
    await ann.join(`room-${i}`, 'Ann');
    await ann.request('room:requestSfu', { roomId: `room-${i}`, epoch: 1, reason: 'no_direct_path' });
  }
  assert.equal(sfu.counts().rooms, 20);
  const asked = () => sfu.log.filter(({ name }) => name === 'room:inspect').length;
  let open = () => {};
  sfu.gate = new Promise((resolve) => {
    open = resolve;
  });
  sfu.drain('sfu-2');
  assert.equal(asked(), 16);
  open();
  await until('all to be asked about', () => asked() === 20);
});

test('a room that moves to where it has an edge on a node that drains meanwhile goes on from there', async (t) => {
  const sfu = new FakeSfu('sfu-1', 'sfu-2', 'sfu-3');
  const { server, ann, ben, sfuRoomId } = await onSfu(t, { sfu });
  sfu.drain(sfu.rooms.get(sfuRoomId)?.nodeId ?? '');
  const epoch = await ann.reaches('moving');
  const next = (await server.store.read('lobby'))?.nextSfu ?? assert.fail();
  const edge =
    [...sfu.nodes.values()].find(({ nodeId, draining }) => !draining && nodeId !== next.nodeId)?.nodeId ?? '';
  sfu.edges.set(next.sfuRoomId, [edge]);
  sfu.drain(edge);
  for (const person of [ann, ben]) await person.request('room:ready', { roomId: 'lobby', epoch });
  await until('it to leave the edge', async () => (await server.store.read('lobby'))?.leaving === edge);
});

test('a room stays where nobody is left on the edge that drains by the time it would move', async (t) => {
  const sfu = new FakeSfu('sfu-1', 'sfu-2', 'sfu-3');
  const { server, ann, sfuRoomId } = await onSfu(t, { sfu });
  const edge = [...sfu.nodes.keys()].find((nodeId) => nodeId !== sfu.rooms.get(sfuRoomId)?.nodeId) ?? '';
  sfu.edges.set(sfuRoomId, [edge]);
  const said: unknown[] = [];
  server.store.events.on('changed', ({ state }) => {
    // At once, as the room may move at any time from now on.
    if (state?.leaving === edge) sfu.edges.clear();
    if (said.at(-1) !== state?.leaving) said.push(state?.leaving);
  });
  sfu.drain(edge);
  await until('the room to leave, and to stay', () => said.length === 2);
  assert.deepEqual(said, [edge, null]);
  assert.equal((await ann.snapshot()).topology.phase, 'sfu');
  assert.equal(sfu.log.filter(({ name }) => name === 'room:open').length, 1);
});

test('a room that is on its way to a node as that begins to drain as well goes on to a third', async (t) => {
  const sfu = new FakeSfu('sfu-1', 'sfu-2');
  const { server, ann, ben, sfuRoomId } = await onSfu(t, { sfu });
  const first = sfu.rooms.get(sfuRoomId)?.nodeId ?? '';
  sfu.drain(first);
  const epoch = await ann.reaches('moving');
  const second = (await server.store.read('lobby'))?.nextSfu?.nodeId ?? '';
  sfu.drain(second);
  sfu.addNode('sfu-3');
  for (const person of [ann, ben]) await person.request('room:ready', { roomId: 'lobby', epoch });
  const { topology } = await ann.hears('topologyChanged', (it) => it.topology.epoch === epoch + 2);
  assert.equal(topology.phase, 'moving');
  assert.equal((await server.store.read('lobby'))?.nextSfu?.nodeId, 'sfu-3');
});

test('a signaling node whom people come to holds the SFU room they are in before it has anything to ask there', async (t) => {
  const redis = await startRedis(t);
  const sfu = new FakeSfu('sfu-1');
  const start = (NODE_ID: string) =>
    TestServer.start(t, { sfu, env: { NODE_ID, REDIS_URL: redis.url, MESH_MAX_PEERS: '1', MESH_RETURN_PEERS: '0' } });
  const one = await start('one');
  const ann = await one.member(t, 'Ann');
  const ben = await one.member(t, 'Ben');
  for (const person of [ann, ben]) {
    await person.request('sfu:open', { roomId: 'lobby', epoch: 2 });
    await person.request('room:ready', { roomId: 'lobby', epoch: 2 });
  }
  await ann.reaches('sfu');
  const [sfuRoomId = ''] = [...sfu.rooms.keys()];
  // As in an update: the other node has just come, and the room is nothing new to it but by who comes.
  const two = await start('two');
  const asked = sfu.log.length;
  await (await two.connect(t)).resume(ben);
  await until('it to hold the SFU room', () =>
    sfu.log
      .slice(asked)
      .some(({ name, input }) => name === 'room:adopt' && (input as { sfuRoomId: string }).sfuRoomId === sfuRoomId),
  );
});

test('of several signaling nodes one moves the room, and each tells its own people what they have lost', async (t) => {
  const redis = await startRedis(t);
  const sfu = new FakeSfu('sfu-1', 'sfu-2');
  const start = (NODE_ID: string) =>
    TestServer.start(t, {
      sfu,
      env: { NODE_ID, REDIS_URL: redis.url, MESH_MAX_PEERS: '1', SFU_LEAVE_WITHIN_MS: '100' },
    });
  const [one, two] = [await start('one'), await start('two')];
  const ann = await one.member(t, 'Ann');
  const ben = await two.member(t, 'Ben');
  for (const person of [ann, ben]) {
    await person.request('sfu:open', { roomId: 'lobby', epoch: 2 });
    await person.request('room:ready', { roomId: 'lobby', epoch: 2 });
  }
  for (const person of [ann, ben]) await person.reaches('sfu');
  const [sfuRoomId = ''] = [...sfu.rooms.keys()];
  await until('the node that did not open the SFU room to hold it, too', () =>
    sfu.log.some(
      ({ name, input }) => name === 'room:adopt' && (input as { sfuRoomId: string }).sfuRoomId === sfuRoomId,
    ),
  );
  sfu.killPeers(sfuRoomId, [ann.id, ben.id]);
  for (const person of [ann, ben]) await until('to be told', () => person.lost.length > 0);
  sfu.drain(sfu.rooms.get(sfuRoomId)?.nodeId ?? '');
  const epoch = await ben.reaches('moving');
  for (const person of [ann, ben]) await person.request('room:ready', { roomId: 'lobby', epoch });
  await ann.hears('topologyChanged', ({ topology }) => topology.epoch === epoch + 1);
  await until('one SFU room to be left', () => sfu.counts().rooms === 1);
  assert.deepEqual([ann.lost.length, ben.lost.length], [1, 1]);
  const opened = sfu.log.filter(({ name }) => name === 'room:open');
  assert.equal(opened.length, 2, 'nobody opened one that was not needed');
});
