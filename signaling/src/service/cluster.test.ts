import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { FakeSfu } from '../sfu/sfu.fake.ts';
import type { TestClient } from '../testing/client.ts';
import { startRedis, type TestRedis } from '../testing/redis.ts';
import { TestServer } from '../testing/server.ts';
import { until } from '../testing/until.ts';

/** Nodes of one platform: one Redis, one SFU, the same secrets. */
class Platform {
  /** Outlives the nodes. */
  readonly sfu = Object.assign(new FakeSfu('sfu-1'), { close: () => {} });
  readonly redis: TestRedis;
  readonly #t: TestContext;
  readonly #env: Record<string, string>;

  private constructor(t: TestContext, redis: TestRedis, env: Record<string, string>) {
    this.#t = t;
    this.redis = redis;
    this.#env = env;
  }

  static async start(t: TestContext, env: Record<string, string> = {}): Promise<Platform> {
    return new Platform(t, await startRedis(t), env);
  }

  node(nodeId: string): Promise<TestServer> {
    return TestServer.start(this.#t, {
      env: { NODE_ID: nodeId, REDIS_URL: this.redis.url, ...this.#env },
      sfu: this.sfu,
    });
  }
}

/** Until all of them are told the same of their room by the server, and `holds`. */
async function agree(
  what: string,
  people: TestClient[],
  holds: (names: string[], connected: string[]) => boolean,
): Promise<void> {
  await until(what, async () => {
    const snapshots = await Promise.all(people.map((person) => person.snapshot().catch(() => null)));
    const [first] = snapshots;
    if (
      !first ||
      snapshots.some((it) => JSON.stringify(it) !== JSON.stringify({ ...first, topologyToken: it?.topologyToken }))
    )
      return false;
    const names = first.participants.map(({ name }) => name).sort();
    const connected = first.participants.filter((it) => it.connection === 'connected').map(({ name }) => name);
    return holds(names, connected.sort());
  });
}

const together =
  (...names: string[]) =>
  (all: string[], connected: string[]) =>
    all.join() === names.join() && connected.join() === names.join();

test('people on different nodes are in the same room, and reach each other', async (t) => {
  const platform = await Platform.start(t);
  const [a, b] = await Promise.all([platform.node('a'), platform.node('b')]);
  const ann = await a.member(t, 'Ann');
  const ben = await b.member(t, 'Ben');
  await ann.hears('participantJoined', ({ participant }) => participant.name === 'Ben');
  await agree('both to see both', [ann, ben], together('Ann', 'Ben'));
  const signal = { instance: 'pc', description: { type: 'offer' as const, sdp: 'v=0' } };
  await ann.request('mesh:signal', { roomId: 'lobby', epoch: 1, to: ben.id, signal });
  await until('the signal', () => ben.signals.length === 1);
  assert.equal(ben.signals[0]?.from, ann.id);
  await ben.request('self:update', { roomId: 'lobby', muted: true, deafened: false });
  await ann.hears('participantUpdated', ({ participant }) => participant.muted);
  await ben.request('room:leave', { roomId: 'lobby' });
  await ann.hears('participantLeft', ({ reason }) => reason === 'left');
});

test('joins at all nodes at once fill one room, and move it to the SFU once', async (t) => {
  const platform = await Platform.start(t, { MESH_MAX_PEERS: '6' });
  const nodes = await Promise.all(['a', 'b', 'c'].map((id) => platform.node(id)));
  const people = await Promise.all(
    Array.from({ length: 15 }, (_, i) => nodes[i % 3]?.member(t, `P${String(i).padStart(2, '0')}`)),
  );
  const all = people.filter((it) => it !== undefined);
  await agree('all to see all', all, (names, connected) => names.length === 15 && connected.length === 15);
  const { topology } = (await all[0]?.snapshot()) ?? assert.fail();
  assert.equal(topology.phase, 'promoting');
  assert.equal(platform.sfu.counts().rooms, 1);
  await Promise.all(all.map((it) => it.request('room:ready', { roomId: 'lobby', epoch: topology.epoch })));
  for (const person of all) assert.equal(await person.reaches('sfu'), topology.epoch + 1);
});

test('who is on a node that dies goes on elsewhere as the same person; who does not come is gone', async (t) => {
  const platform = await Platform.start(t, { RESUME_WINDOW_MS: '4000' });
  const [a, b] = await Promise.all([platform.node('a'), platform.node('b')]);
  const ann = await a.member(t, 'Ann');
  const ben = await b.member(t, 'Ben');
  await b.member(t, 'Cleo');
  const { id } = ben;
  await b.close();
  const again = await a.connect(t);
  const resumed = await again.resume(ben);
  assert.equal(resumed.selfId, id);
  await ann.hears('participantLeft', ({ reason }) => reason === 'timeout');
  await agree('Ann and Ben to be left', [ann, again], together('Ann', 'Ben'));
  assert.equal(ann.heard.filter((event) => event.type === 'participantLeft').length, 1);
});

test('a room whose nodes have all died is cleared away by another', async (t) => {
  const platform = await Platform.start(t, { RESUME_WINDOW_MS: '1000', MESH_MAX_PEERS: '1' });
  const a = await platform.node('a');
  await a.member(t, 'Ann');
  await a.member(t, 'Ben');
  assert.equal(platform.sfu.counts().rooms, 1);
  const b = await platform.node('b');
  await a.close();
  await until('no room', async () => (await b.store.count()) === 0, 20_000);
  await until('no SFU room', () => platform.sfu.counts().rooms === 0);
});

test('members whom another node has given up are taken back by the node they are connected to', async (t) => {
  const platform = await Platform.start(t);
  const [a, b] = await Promise.all([platform.node('a'), platform.node('b')]);
  const ann = await a.member(t, 'Ann');
  const ben = await b.member(t, 'Ben');
  await agree('both to see both', [ann, ben], together('Ann', 'Ben'));
  await b.store.update('lobby', (state) => {
    const member = state?.members[ann.id] ?? assert.fail();
    const goneAt = Date.now() + 15_000;
    const given = { ...member, connection: 'reconnecting' as const, goneAt };
    return { state: state && { ...state, members: { ...state.members, [ann.id]: given } } };
  });
  await agree('Ann to be there again', [ann, ben], together('Ann', 'Ben'));
  assert.deepEqual([ann.closed, ann.socket.connected], [[], true]);
});

test('nobody is turned away for what the node has not yet heard is over', async (t) => {
  const platform = await Platform.start(t);
  const a = await platform.node('a');
  const ann = await a.member(t, 'Ann');
  await a.store.update('lobby', (state) => ({ state: state && { ...state, locked: true } }));
  const ben = await a.connect(t);
  const join = { roomId: 'lobby', name: 'Ben', muted: false, deafened: false, joinId: 'join-of-ben' };
  assert.equal(await ben.refusal('room:join', join), 'room_locked');
  // As another node would unlock it, but that its word does not get here.
  const link = await platform.redis.link();
  await link.call(async (redis) => {
    const [key = ''] = await redis.keys('*{room:lobby}');
    const { core = '', v = '' } = await redis.hgetall(key);
    const unlocked = JSON.stringify({ ...JSON.parse(core), locked: false });
    await redis.hset(key, { core: unlocked, v: String(Number(v) + 1) });
  });
  await ben.join('lobby', 'Ben');
  await agree('both to see both', [ann, ben], together('Ann', 'Ben'));
});

test('a node that has just come loses nobody when Redis is emptied', async (t) => {
  const platform = await Platform.start(t);
  const a = await platform.node('a');
  const ann = await a.member(t, 'Ann');
  const b = await platform.node('b');
  const ben = await b.member(t, 'Ben');
  const link = await platform.redis.link();
  await link.call((redis) => redis.flushall());
  await agree('both to see both', [ann, ben], together('Ann', 'Ben'));
  // From then on it cannot be taken for dead any more.
  await until('the nodes to know each other', async () => (await a.metric('parley_nodes')) === 2);
  await agree('both to see both', [ann, ben], together('Ann', 'Ben'));
  const gone = ann.heard.filter((it) => it.type === 'participantUpdated' && it.participant.connection !== 'connected');
  assert.deepEqual(gone, []);
});

test('an emptied Redis is filled again: nobody is lost, and the room goes on', async (t) => {
  const platform = await Platform.start(t, { MESH_MAX_PEERS: '2' });
  const [a, b] = await Promise.all([platform.node('a'), platform.node('b')]);
  const [ann, ben, cleo] = [await a.member(t, 'Ann'), await b.member(t, 'Ben'), await a.member(t, 'Cleo')];
  const before = await ann.snapshot();
  const link = await platform.redis.link();
  await link.call((redis) => redis.flushall());
  await until(
    'the room to be there',
    async () => (await link.call((redis) => redis.exists('parley:{room:lobby}'))) === 1,
  );
  await agree('all three', [ann, ben, cleo], together('Ann', 'Ben', 'Cleo'));
  const dan = await b.member(t, 'Dan');
  await agree('Dan too', [ann, ben, cleo, dan], together('Ann', 'Ben', 'Cleo', 'Dan'));
  const after = await ann.snapshot();
  assert.deepEqual(after.topology, before.topology);
  for (const person of [ann, ben, cleo]) assert.ok(!person.heard.some((event) => event.type === 'participantLeft'));
});

test('someone who joins just after Redis was emptied meets those who were there', async (t) => {
  const platform = await Platform.start(t);
  const [a, b] = await Promise.all([platform.node('a'), platform.node('b')]);
  const ann = await a.member(t, 'Ann');
  const link = await platform.redis.link();
  await link.call((redis) => redis.flushall());
  const ben = await b.member(t, 'Ben');
  await agree('both', [ann, ben], together('Ann', 'Ben'));
  assert.ok(!ann.heard.some((event) => event.type === 'participantLeft'));
});

test('while Redis is gone nothing is decided and nobody dropped; with a new one all is as before', async (t) => {
  const platform = await Platform.start(t, { RESUME_WINDOW_MS: '2000' });
  const [a, b] = await Promise.all([platform.node('a'), platform.node('b')]);
  const [ann, ben, cleo] = [await a.member(t, 'Ann'), await b.member(t, 'Ben'), await b.member(t, 'Cleo')];
  await agree('all three', [ann, ben, cleo], together('Ann', 'Ben', 'Cleo'));
  await platform.redis.stop();
  const dan = await a.connect(t);
  const join = { roomId: 'lobby', name: 'Dan', muted: false, deafened: false, joinId: 'join-of-dan' };
  await until('joins to be refused', async () => (await dan.ask('room:join', join)).ok === false);
  assert.equal(await dan.refusal('room:join', join), 'store_unavailable');
  assert.deepEqual((await ann.snapshot()).participants.length, 3);
  // Gone while nobody could be told.
  cleo.close();
  await platform.redis.start();
  await agree('Ann and Ben', [ann, ben], together('Ann', 'Ben'));
  await dan.join('lobby', 'Dan');
  await agree('and Dan', [ann, ben, dan], together('Ann', 'Ben', 'Dan'));
  for (const person of [ann, ben]) {
    const left = person.heard.filter((event) => event.type === 'participantLeft');
    assert.ok(left.every((event) => event.participantId === cleo.id));
  }
});
