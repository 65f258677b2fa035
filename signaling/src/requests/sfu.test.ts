import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { PROTOCOL_VERSION } from '@parley/shared/protocol';
import { FakeSfu } from '../sfu/sfu.fake.ts';
import { TestClient } from '../testing/client.ts';
import { dtlsParameters, rtpCapabilities, rtpParameters } from '../testing/media.ts';
import { TestServer } from '../testing/server.ts';
import { until } from '../testing/until.ts';

/** Three people; the third brings the room to the SFU. */
async function promoting(t: TestContext, env: Record<string, string> = {}) {
  const server = await TestServer.start(t, { env: { MESH_MAX_PEERS: '2', MESH_RETURN_PEERS: '1', ...env } });
  const ann = await server.member(t, 'Ann');
  const ben = await server.member(t, 'Ben');
  const cal = await server.member(t, 'Cal');
  return { server, ann, ben, cal, people: [ann, ben, cal], epoch: cal.joined?.snapshot.topology.next?.epoch ?? 0 };
}

async function produce(client: TestClient, epoch: number): Promise<string> {
  const at = { roomId: 'lobby', epoch };
  const { send } = await client.request('sfu:open', at);
  await client.request('sfu:connect', { ...at, transportId: send.id, dtlsParameters });
  const input = { ...at, transportId: send.id, rtpParameters, paused: false };
  return (await client.request('sfu:produce', input)).producerId;
}

describe('a handover', () => {
  test('from mesh to SFU: announced, opened, heard, completed', async (t) => {
    const { server, people, epoch } = await promoting(t);
    assert.equal(epoch, 2);
    const producers: string[] = [];
    for (const person of people) producers.push(await produce(person, epoch));
    const [ann, ben] = people as [TestClient, TestClient, TestClient];
    await ann.hears('producerAdded', ({ producer }) => producer.producerId === producers[2]);
    const at = { roomId: 'lobby', epoch };
    const { consumers } = await ben.request('sfu:consume', { ...at, producerIds: producers, rtpCapabilities });
    assert.deepEqual(
      consumers.map(({ participantId }) => participantId),
      people.map(({ id }) => id),
    );
    await ben.request('sfu:resumeConsumers', { ...at, consumerIds: consumers.map(({ consumerId }) => consumerId) });
    for (const person of people) await person.request('room:ready', at);
    for (const person of people) assert.equal(await person.reaches('sfu'), 3);
    const { producers: sending, topology } = await ann.snapshot();
    assert.deepEqual(topology, { phase: 'sfu', epoch: 3, active: { kind: 'sfu', epoch: 2 }, next: null });
    assert.equal(sending.length, 3);
    assert.deepEqual(server.sfu.counts(), { rooms: 1, peers: 3, producers: 3, consumers: 3 });
  });

  test('and back, when it has been quiet: the SFU room is closed', async (t) => {
    const { server, people, epoch } = await promoting(t, { MESH_RETURN_AFTER_MS: '20' });
    const [ann, ben, cal] = people as [TestClient, TestClient, TestClient];
    for (const person of people) await produce(person, epoch);
    for (const person of people) await person.request('room:ready', { roomId: 'lobby', epoch });
    await ben.request('room:leave', { roomId: 'lobby' });
    await cal.request('room:leave', { roomId: 'lobby' });
    const back = await ann.reaches('demoting');
    assert.equal(server.sfu.counts().peers, 1);
    await ann.request('room:ready', { roomId: 'lobby', epoch: back });
    await ann.reaches('mesh');
    await until('the SFU room to be closed', () => server.sfu.counts().rooms === 0);
    assert.deepEqual((await ann.snapshot()).producers, []);
    assert.equal(await ann.refusal('sfu:open', { roomId: 'lobby', epoch }), 'stale_epoch');
  });

  test('one SFU room is opened however many people come at once', async (t) => {
    const server = await TestServer.start(t, { env: { MESH_MAX_PEERS: '2' } });
    const people = await Promise.all(Array.from({ length: 8 }, () => server.connect(t)));
    await Promise.all(people.map((person, i) => person.join('lobby', `Person ${i}`)));
    assert.equal(server.sfu.log.filter(({ name }) => name === 'room:open').length, 1);
    assert.equal(server.sfu.counts().rooms, 1);
    assert.equal((await people[0]?.snapshot())?.participants.length, 8);
  });

  test('without an SFU the one too many is refused, and may come when there is one', async (t) => {
    const server = await TestServer.start(t, { env: { MESH_MAX_PEERS: '1' } });
    server.sfu.nodes.clear();
    const ann = await server.member(t, 'Ann');
    const ben = await server.connect(t);
    const input = { roomId: 'lobby', name: 'Ben', muted: false, deafened: false, joinId: 'join-of-ben' };
    const answer = await ben.ask('room:join', input);
    assert.ok(!answer.ok);
    assert.deepEqual([answer.error.code, answer.error.retryable], ['room_full_mesh_only', true]);
    const path = { roomId: 'lobby', epoch: 1 };
    assert.equal(await ann.refusal('room:requestSfu', { ...path, reason: 'weak_uplink' }), 'sfu_unavailable');
    server.sfu.addNode('sfu-2');
    await ben.request('room:join', input);
    assert.equal(await ann.reaches('promoting'), 2);
  });

  test('an SFU room that nobody needs after all is closed again', async (t) => {
    const server = await TestServer.start(t, { env: { MESH_MAX_PEERS: '2' } });
    const ann = await server.member(t, 'Ann');
    await server.member(t, 'Ben');
    let open = () => {};
    server.sfu.gate = new Promise((resolve) => {
      open = resolve;
    });
    const cal = await server.connect(t);
    const joining = cal.join('lobby', 'Cal');
    await until('the SFU to be asked', () => server.sfu.log.length > 0);
    await ann.request('room:leave', { roomId: 'lobby' });
    open();
    assert.equal((await joining).snapshot.topology.phase, 'mesh');
    await until('the SFU room to be closed', () => server.sfu.counts().rooms === 0);
  });

  test('a member who cannot hold the mesh has the room promoted', async (t) => {
    const server = await TestServer.start(t);
    const ann = await server.member(t, 'Ann');
    await server.member(t, 'Ben');
    await ann.request('room:requestSfu', { roomId: 'lobby', epoch: 1, reason: 'no_direct_path' });
    const { reason } = await ann.hears('topologyChanged');
    assert.equal(reason, 'requested');
    await ann.request('room:requestSfu', { roomId: 'lobby', epoch: 1, reason: 'no_direct_path' });
    assert.equal((await ann.snapshot()).topology.epoch, 2);
  });
});

describe('what members ask of the SFU', () => {
  test('concerns the SFU path of the room and nothing else', async (t) => {
    const { server, ann, epoch } = await promoting(t);
    assert.equal(await ann.refusal('sfu:open', { roomId: 'lobby', epoch: 1 }), 'stale_epoch');
    assert.equal(await ann.refusal('sfu:open', { roomId: 'lobby', epoch: epoch + 1 }), 'stale_epoch');
    assert.equal(await ann.refusal('sfu:open', { roomId: 'elsewhere', epoch }), 'not_in_room');
    const eve = await server.member(t, 'Eve', 'elsewhere');
    assert.equal(await eve.refusal('sfu:open', { roomId: 'lobby', epoch }), 'not_in_room');
    assert.equal(await eve.refusal('sfu:open', { roomId: 'elsewhere', epoch: 1 }), 'stale_epoch');
  });

  test('reaches their own transports, producers and consumers only', async (t) => {
    const { ann, ben, epoch } = await promoting(t);
    const at = { roomId: 'lobby', epoch };
    const annsProducer = await produce(ann, epoch);
    const annsTransport = (await ann.request('sfu:open', at)).send.id;
    const annsNew = (
      await ann.request('sfu:produce', { ...at, transportId: annsTransport, rtpParameters, paused: false })
    ).producerId;
    await ben.request('sfu:open', at);
    const bensConsumers = await ben.request('sfu:consume', { ...at, producerIds: [annsNew], rtpCapabilities });
    const consumerIds = bensConsumers.consumers.map(({ consumerId }) => consumerId);
    for (const [client, name, input] of [
      [ben, 'sfu:connect', { transportId: annsTransport, dtlsParameters }],
      [ben, 'sfu:restartIce', { transportId: annsTransport }],
      [ben, 'sfu:produce', { transportId: annsTransport, rtpParameters, paused: false }],
      [ben, 'sfu:pauseProducer', { producerId: annsNew, paused: true }],
      [ben, 'sfu:closeProducer', { producerId: annsNew }],
      [ann, 'sfu:resumeConsumers', { consumerIds }],
      [ann, 'sfu:closeProducer', { producerId: annsProducer }],
      [ann, 'sfu:closeProducer', { producerId: 'never-was' }],
    ] as const) {
      assert.equal(await client.refusal(name, { ...at, ...input }), 'not_found', name);
    }
    assert.deepEqual(
      (await ann.snapshot()).producers.map(({ producerId }) => producerId),
      [annsNew],
    );
  });

  test('opening anew ends what was sent before', async (t) => {
    const { ann, ben, epoch } = await promoting(t);
    const first = await produce(ann, epoch);
    await ben.hears('producerAdded');
    const second = await produce(ann, epoch);
    await ben.hears('producerRemoved', ({ producerId }) => producerId === first);
    await ben.hears('producerAdded', ({ producer }) => producer.producerId === second);
  });

  test('a second microphone ends the first', async (t) => {
    const { server, ann, ben, epoch } = await promoting(t);
    const at = { roomId: 'lobby', epoch };
    const { send } = await ann.request('sfu:open', at);
    const input = { ...at, transportId: send.id, rtpParameters, paused: false };
    const made = await Promise.all([1, 2, 3].map(() => ann.request('sfu:produce', input)));
    await until('one producer', () => server.sfu.counts().producers === 1);
    const { producers } = await ben.snapshot();
    assert.deepEqual(
      producers.map(({ producerId }) => producerId),
      [made[2]?.producerId],
    );
  });

  test('closing a producer, by its owner or by the SFU, is told to all', async (t) => {
    const { server, ann, ben, epoch } = await promoting(t);
    const one = await produce(ann, epoch);
    await ann.request('sfu:pauseProducer', { roomId: 'lobby', epoch, producerId: one, paused: true });
    await ann.request('sfu:closeProducer', { roomId: 'lobby', epoch, producerId: one });
    await ben.hears('producerRemoved', ({ producerId }) => producerId === one);
    const two = await produce(ann, epoch);
    server.sfu.killProducer(two);
    await ben.hears('producerRemoved', ({ producerId }) => producerId === two);
    assert.deepEqual((await ann.snapshot()).producers, []);
  });

  test('leaving while transports are made leaves none', async (t) => {
    const { server, ann, epoch } = await promoting(t);
    let open = () => {};
    server.sfu.gate = new Promise((resolve) => {
      open = resolve;
    });
    const opening = ann.refusal('sfu:open', { roomId: 'lobby', epoch });
    await until('the SFU to be asked', () => server.sfu.log.some(({ name }) => name === 'peer:open'));
    await ann.request('room:leave', { roomId: 'lobby' });
    open();
    assert.equal(await opening, 'stale_epoch');
    await until('no peers', () => server.sfu.counts().peers === 0);
  });
});

describe('a lost SFU', () => {
  test('room: the people move to another one', async (t) => {
    const { server, people, epoch } = await promoting(t);
    for (const person of people) await person.request('room:ready', { roomId: 'lobby', epoch });
    const [ann] = people as [TestClient];
    await ann.reaches('sfu');
    const [lost] = [...server.sfu.rooms.keys()];
    server.sfu.killRoom(lost ?? '');
    const { topology } = await ann.hears('topologyChanged', ({ reason }) => reason === 'sfu_lost');
    assert.deepEqual(topology, {
      phase: 'promoting',
      epoch: 4,
      active: { kind: 'sfu', epoch: 2 },
      next: { kind: 'sfu', epoch: 4 },
    });
    assert.equal(await ann.refusal('sfu:open', { roomId: 'lobby', epoch: 2 }), 'sfu_unavailable');
    await ann.request('sfu:open', { roomId: 'lobby', epoch: 4 });
  });

  test('node, the only one: those who fit go back to a mesh', async (t) => {
    const { server, ann, ben, cal, people, epoch } = await promoting(t);
    for (const person of people) await person.request('room:ready', { roomId: 'lobby', epoch });
    await ann.reaches('sfu');
    await cal.request('room:leave', { roomId: 'lobby' });
    server.sfu.killNode('sfu-1');
    const back = await ann.reaches('demoting');
    for (const person of [ann, ben]) await person.request('room:ready', { roomId: 'lobby', epoch: back });
    await ann.reaches('mesh');
  });
});

describe('regions', () => {
  test('a room goes to the region of who makes it too large for a mesh; who is elsewhere is carried by a node there', async (t) => {
    const sfu = new FakeSfu();
    for (const region of ['north', 'south', 'west']) sfu.addNode(`sfu-${region}`, { region, url: `http://${region}` });
    const server = await TestServer.start(t, { sfu, env: { MESH_MAX_PEERS: '2', MESH_RETURN_PEERS: '1' } });
    const join = async (region: string | undefined) => {
      const client = await server.connect(t, { auth: { versions: [PROTOCOL_VERSION], region } });
      await client.join('lobby', region ?? 'nowhere');
      return client;
    };
    const people = [await join('north'), await join(undefined), await join('south'), await join('east')];
    assert.deepEqual(
      [...sfu.rooms.values()].map(({ nodeId }) => nodeId),
      ['sfu-south'],
    );
    const epoch = people[2]?.joined?.snapshot.topology.next?.epoch ?? 0;
    for (const client of people) await client.request('sfu:open', { roomId: 'lobby', epoch });
    const opened = sfu.log.filter(({ name }) => name === 'peer:open');
    assert.deepEqual(
      opened.map(({ nodeId, input }) => [nodeId, (input as { at?: unknown }).at]),
      [
        ['sfu-south', { nodeId: 'sfu-north', url: 'http://north' }],
        ['sfu-south', undefined],
        ['sfu-south', undefined],
        ['sfu-south', undefined],
      ],
    );
    const long = new TestClient(server.url, { auth: { versions: [PROTOCOL_VERSION], region: 'x'.repeat(65) } });
    t.after(() => long.close());
    await assert.rejects(long.connected());
  });
});
