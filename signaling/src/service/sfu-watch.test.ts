import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { rtpParameters } from '../testing/media.ts';
import { TestServer } from '../testing/server.ts';
import { until } from '../testing/until.ts';

/** Two people on an SFU, both heard. */
async function onSfu(t: TestContext) {
  const server = await TestServer.start(t, { env: { MESH_MAX_PEERS: '1' } });
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

test('news of rooms that are not ours changes nothing', async (t) => {
  const { server, ann } = await onSfu(t);
  server.sfu.events.emit('roomClosed', { sfuRoomId: 'another', nodeId: 'sfu-1', reason: 'lease' });
  server.sfu.events.emit('producerClosed', { sfuRoomId: 'another', peerId: ann.id, producerId: 'producer-1' });
  server.sfu.events.emit('nodeLost', 'another');
  assert.equal((await ann.snapshot()).topology.epoch, 3);
});
