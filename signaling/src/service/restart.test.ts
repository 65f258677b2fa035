import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { FakeClock } from '@parley/shared/runtime';
import { FakeSfu } from '../sfu/sfu.fake.ts';
import type { TestClient } from '../testing/client.ts';
import { rtpParameters } from '../testing/media.ts';
import { TestServer } from '../testing/server.ts';
import { until } from '../testing/until.ts';

const env = { MESH_MAX_PEERS: '2', MESH_RETURN_PEERS: '1' };

async function room(server: TestServer, t: TestContext, ...names: string[]): Promise<TestClient[]> {
  const people = [];
  for (const name of names) people.push(await server.member(t, name));
  return people;
}

/** Everyone on the SFU and heard. */
async function toSfu(people: TestClient[]): Promise<void> {
  const at = { roomId: 'lobby', epoch: 2 };
  for (const person of people) {
    const { send } = await person.request('sfu:open', at);
    await person.request('sfu:produce', { ...at, transportId: send.id, rtpParameters, paused: false });
  }
  for (const person of people) await person.request('room:ready', at);
  for (const person of people) await person.reaches('sfu');
}

async function comeBack(server: TestServer, t: TestContext, person: TestClient): Promise<TestClient> {
  const client = await server.connect(t);
  await client.resume(person);
  return client;
}

/** What a person would miss if it were otherwise. */
function faceOf({ participants }: { participants: { id: string; name: string; connection: string }[] }) {
  return participants.map(({ id, name, connection }) => [id, name, connection]);
}

test('a mesh is the same after a restart, whoever comes back first', async (t) => {
  const first = await TestServer.start(t);
  const people = await room(first, t, 'Ann', 'Ben', 'Cal');
  const before = faceOf((await people[2]?.snapshot()) ?? assert.fail());
  await first.close();
  await until('everyone to notice', () => people.every((person) => !person.socket.connected));
  const clock = new FakeClock(Date.now());
  const second = await TestServer.start(t, { clock });
  const [cal, ann, ben] = [people[2], people[0], people[1]] as [TestClient, TestClient, TestClient];
  const back = await comeBack(second, t, cal);
  assert.equal(back.joined?.selfId, cal.id);
  assert.equal(back.joined?.snapshot.healing, true);
  assert.equal(back.joined?.snapshot.topology.epoch, 1);
  await comeBack(second, t, ann);
  const last = await comeBack(second, t, ben);
  assert.deepEqual(new Set(faceOf(last.joined?.snapshot ?? assert.fail()).map(String)), new Set(before.map(String)));
  clock.advance(15_000);
  await back.hears('healed');
  assert.equal((await back.snapshot()).healing, false);
});

test('an SFU room is taken over with all that is sent there; who does not come back is closed', async (t) => {
  const sfu = new FakeSfu('sfu-1');
  const first = await TestServer.start(t, { sfu, env });
  const people = await room(first, t, 'Ann', 'Ben', 'Cal');
  await toSfu(people);
  const before = (await people[0]?.snapshot()) ?? assert.fail();
  await first.close();
  assert.equal(sfu.counts().peers, 3, 'the SFU goes on forwarding');
  const clock = new FakeClock(Date.now());
  const second = await TestServer.start(t, { sfu, env, clock });
  const [ann, ben] = people as [TestClient, TestClient];
  const back = await comeBack(second, t, ann);
  const snapshot = back.joined?.snapshot ?? assert.fail();
  assert.deepEqual(snapshot.topology, before.topology);
  assert.deepEqual(snapshot.producers, before.producers);
  const also = await comeBack(second, t, ben);
  assert.equal(sfu.log.filter(({ name }) => name === 'room:adopt').length, 1);
  // Media goes on where it was: the same transports, the same path.
  await also.request('sfu:open', { roomId: 'lobby', epoch: 2 });
  clock.advance(15_000);
  await back.hears('healed');
  await until('the third peer to be closed', () => sfu.counts().peers === 2);
  assert.equal(back.heard.filter(({ type }) => type === 'producerRemoved').length, 2);
  assert.deepEqual(
    (await back.snapshot()).producers.map(({ participantId }) => participantId),
    [ann.id],
  );
});

test('everyone at once', async (t) => {
  const sfu = new FakeSfu('sfu-1');
  const first = await TestServer.start(t, { sfu, env });
  const people = await room(first, t, 'Ann', 'Ben', 'Cal', 'Dee', 'Eve');
  await toSfu(people);
  await first.close();
  const second = await TestServer.start(t, { sfu, env });
  const back = await Promise.all(people.map((person) => comeBack(second, t, person)));
  assert.deepEqual(
    back.map(({ id }) => id),
    people.map(({ id }) => id),
  );
  const { participants, producers } = (await back[0]?.snapshot()) ?? assert.fail();
  assert.deepEqual([participants.length, producers.length], [5, 5]);
  assert.equal(sfu.log.filter(({ name }) => name === 'room:adopt').length, 1);
  assert.equal(sfu.counts().rooms, 1);
});

test('a memory with a higher epoch corrects one that came first', async (t) => {
  const sfu = new FakeSfu('sfu-1');
  const first = await TestServer.start(t, { sfu, env });
  const people = await room(first, t, 'Ann', 'Ben', 'Cal');
  const [ann, ben] = people as [TestClient, TestClient];
  const old = { ...ann.resumeInput, topologyToken: ann.joined?.snapshot.topologyToken ?? '' };
  await toSfu(people);
  await first.close();
  const second = await TestServer.start(t, { sfu, env });
  const forgetful = await second.connect(t);
  await forgetful.become(ann);
  const { snapshot } = await forgetful.request('room:resume', old);
  assert.equal(snapshot.topology.epoch, 1);
  await comeBack(second, t, ben);
  const { topology } = await forgetful.hears('topologyChanged');
  assert.deepEqual(topology, { phase: 'sfu', epoch: 3, active: { kind: 'sfu', epoch: 2 }, next: null });
  await forgetful.hears('producerAdded');
});

test('a newcomer between the restart and the first to come back does not split the room', async (t) => {
  const sfu = new FakeSfu('sfu-1');
  const first = await TestServer.start(t, { sfu, env });
  const people = await room(first, t, 'Ann', 'Ben', 'Cal');
  await toSfu(people);
  await first.close();
  const second = await TestServer.start(t, { sfu, env });
  const newcomer = await second.member(t, 'New');
  const back = await comeBack(second, t, people[0] ?? assert.fail());
  assert.equal(back.joined?.snapshot.participants.length, 2);
  assert.equal(await newcomer.reaches('sfu'), 3);
});

test('when the SFU room is gone too, the people move to another', async (t) => {
  const sfu = new FakeSfu('sfu-1');
  const first = await TestServer.start(t, { sfu, env });
  const people = await room(first, t, 'Ann', 'Ben', 'Cal');
  await toSfu(people);
  await first.close();
  sfu.rooms.clear();
  const second = await TestServer.start(t, { sfu, env });
  const back = await comeBack(second, t, people[0] ?? assert.fail());
  const { topology } = await back.hears('topologyChanged', ({ reason }) => reason === 'sfu_lost');
  assert.equal(topology.phase, 'promoting');
  await back.request('sfu:open', { roomId: 'lobby', epoch: topology.epoch });
});

test('stopping says nothing to any room, and takes no new connection', async (t) => {
  const server = await TestServer.start(t);
  const [ann, ben] = (await room(server, t, 'Ann', 'Ben')) as [TestClient, TestClient];
  const reason = new Promise((resolve) => ann.socket.once('disconnect', resolve));
  await server.close();
  assert.equal(await reason, 'transport close', 'a reason after which clients reconnect by themselves');
  await until('both to be cut off', () => !ben.socket.connected);
  assert.deepEqual(
    ann.heard.map(({ type }) => type),
    ['participantJoined'],
  );
  assert.deepEqual(ben.heard, []);
  await assert.rejects(fetch(`${server.url}/health`));
});
