import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rtpCapabilities, rtpParameters } from '../testing/media.ts';
import { TestServer } from '../testing/server.ts';

const ROUNDS = 500;

test(`${ROUNDS} joins and leaves, in meshes and on the SFU, leave nothing`, async (t) => {
  const server = await TestServer.start(t, { env: { MESH_MAX_PEERS: '2', RESUME_WINDOW_MS: '1' } });
  const clients = await Promise.all(Array.from({ length: 5 }, () => server.connect(t)));
  let joins = 0;
  for (let round = 0; joins < ROUNDS; round++) {
    const roomId = `room ${round}`;
    const size = 1 + (round % clients.length);
    const people = clients.slice(0, size);
    const joined = await Promise.all(people.map((person, i) => person.join(roomId, `Person ${i}`)));
    joins += size;
    const epoch = (await people[0]?.snapshot())?.topology.next?.epoch;
    if (epoch !== undefined) {
      const at = { roomId, epoch };
      for (const person of people) {
        const { send } = await person.request('sfu:open', at);
        const input = { ...at, transportId: send.id, rtpParameters, paused: false };
        const { producerId } = await person.request('sfu:produce', input);
        await person.request('sfu:consume', { ...at, producerIds: [producerId], rtpCapabilities });
      }
      // Some rooms end in mid-handover.
      if (round % 2 === 0) await Promise.all(people.map((person) => person.request('room:ready', at)));
    }
    assert.equal(new Set(joined.map(({ selfId }) => selfId)).size, size);
    await Promise.all(people.map((person) => person.request('room:leave', { roomId })));
  }
  await server.empty();
  assert.deepEqual(server.sfu.counts(), { rooms: 0, peers: 0, producers: 0, consumers: 0 });
  assert.equal(await server.metric('parley_participants'), 0);
  for (const phase of ['mesh', 'promoting', 'sfu', 'demoting']) {
    assert.equal(await server.metric(`parley_rooms{phase="${phase}"}`), 0);
  }
  assert.equal(await server.metric('parley_connections'), clients.length);
});
