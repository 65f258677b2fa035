import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { test } from 'node:test';
import { Person, ROOM, startNodes, talk } from '../testing/nodes.ts';

/** A UDP port nobody has now. */
async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}

test('both nodes full: who comes is refused, and those who are there go on', async (t) => {
  const { edge, link, inspect } = await startNodes(t, { CAPACITY: '2' });
  const [ann, cleo] = [await Person.join(t, link, 'ann'), await Person.join(t, link, 'cleo', edge.at)];
  const dora = await Person.join(t, link, 'dora', edge.at);
  // The edge is full, and the home has one place left.
  const ben = await Person.join(t, link, 'ben', edge.at);
  const people = [ann, ben, cleo, dora];
  await Promise.all(people.map((one) => one.listenTo(...people.filter((other) => other !== one))));
  await talk(people);
  const places = async () => (await inspect()).branches.map(({ nodeId, peers }) => [nodeId, peers]);
  const full = [
    ['home', 2],
    ['edge', 2],
  ];
  assert.deepEqual(await places(), full);
  for (const at of [edge.at, undefined]) {
    await assert.rejects(Person.join(t, link, 'eve', at), { code: 'server_full', retryable: true });
  }
  assert.deepEqual(await places(), full);
  await talk(people);
  // Whoever goes leaves a place to whoever comes.
  await link.request('peer:close', cleo.peer.of);
  const eve = await Person.join(t, link, 'eve', edge.at);
  await Promise.all([eve.listenTo(ann, ben, dora), ...[ann, ben, dora].map((one) => one.listenTo(eve))]);
  await talk([ann, ben, dora, eve]);
  assert.deepEqual(await places(), full);
});

for (const short of ['home', 'edge'] as const) {
  test(`no port left for a pipe at the ${short}: the home takes who was to go there, and the other room goes on`, async (t) => {
    const port = await freeUdpPort();
    const { link, edge, inspect } = await startNodes(t, {}, { [short]: { PIPE_PORTS: `${port}-${port}` } });
    const [ann, cleo] = [await Person.join(t, link, 'ann'), await Person.join(t, link, 'cleo', edge.at)];
    await Promise.all([ann.listenTo(cleo), cleo.listenTo(ann)]);
    await talk([ann, cleo]);
    assert.equal((await inspect()).branches.length, 2);

    await link.request('room:open', { sfuRoomId: 'another' });
    for (const peerId of ['gus', 'hal']) {
      await link.request('peer:open', { sfuRoomId: 'another', peerId, at: edge.at });
    }
    const another = await link.request('room:inspect', { sfuRoomId: 'another' });
    assert.deepEqual(
      another.branches.map(({ nodeId, peers }) => [nodeId, peers]),
      [['home', 2]],
    );
    await talk([ann, cleo]);

    // The port is free again when the room that had it is over.
    await link.request('room:close', { sfuRoomId: ROOM });
    await link.request('peer:open', { sfuRoomId: 'another', peerId: 'ida', at: edge.at });
    const { branches } = await link.request('room:inspect', { sfuRoomId: 'another' });
    assert.deepEqual(
      branches.map(({ nodeId, peers }) => [nodeId, peers]),
      [
        ['home', 2],
        ['edge', 1],
      ],
    );
  });
}
