import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { createAccessToken } from '@parley/shared/access-token';
import { PROTOCOL_VERSION } from '@parley/shared/protocol';
import { FakeSfu } from '../sfu/sfu.fake.ts';
import type { TestClient } from '../testing/client.ts';
import { dtlsParameters, rtpParameters } from '../testing/media.ts';
import { startRedis } from '../testing/redis.ts';
import { TestServer } from '../testing/server.ts';
import { until } from '../testing/until.ts';

const SECRET = 'an-API-secret-for-the-tests-of-32-bytes-and-more';
const API_KEYS = `key:${SECRET}`;

interface Town {
  /** Where moderators connect, and where everyone else does. */
  servers: [TestServer, TestServer];
  sfu: FakeSfu;
}

async function alone(t: TestContext, env: Record<string, string> = {}): Promise<Town> {
  const sfu = new FakeSfu('sfu-1');
  const server = await TestServer.start(t, { sfu, env: { API_KEYS, ...env } });
  return { servers: [server, server], sfu };
}

async function apart(t: TestContext, env: Record<string, string> = {}): Promise<Town> {
  const redis = await startRedis(t);
  const sfu = new FakeSfu('sfu-1');
  const start = (NODE_ID: string) =>
    TestServer.start(t, { sfu, env: { API_KEYS, NODE_ID, REDIS_URL: redis.url, ...env } });
  return { servers: [await start('one'), await start('two')], sfu };
}

async function connect(t: TestContext, { servers }: Town, userId: string): Promise<TestClient> {
  const moderate = userId === 'mod';
  const token = createAccessToken({ apiKey: 'key', apiSecret: SECRET, userId, grants: { moderate } });
  return servers[moderate ? 0 : 1].connect(t, {
    auth: { versions: [PROTOCOL_VERSION], token, instance: `the client of ${userId}` },
  });
}

async function member(t: TestContext, town: Town, userId: string): Promise<TestClient> {
  const client = await connect(t, town, userId);
  await client.join('lobby', userId);
  return client;
}

const joining = (joinId: string) => ({ roomId: 'lobby', name: 'x', muted: false, deafened: false, joinId });

async function produce(client: TestClient, epoch: number, paused = false): Promise<string> {
  const at = { roomId: 'lobby', epoch };
  const { send } = await client.request('sfu:open', at);
  await client.request('sfu:connect', { ...at, transportId: send.id, dtlsParameters });
  const input = { ...at, transportId: send.id, rtpParameters, paused };
  return (await client.request('sfu:produce', input)).producerId;
}

/** What the SFU was told of a producer, in order. */
function pauses({ sfu }: Town, producerId: string): boolean[] {
  return sfu.log.flatMap(({ name, input }) => {
    const { producerId: id, paused } = input as { producerId?: string; paused?: boolean };
    return name === 'peer:pauseProducer' && id === producerId && paused !== undefined ? [paused] : [];
  });
}

for (const [where, start] of [
  ['on one node', alone],
  ['across nodes', apart],
] as const) {
  describe(`a moderator, ${where}`, () => {
    test('takes the word from someone, who cannot take it back, nor by coming again', async (t) => {
      const town = await start(t, { MESH_MAX_PEERS: '1', MESH_RETURN_PEERS: '0' });
      const mod = await member(t, town, 'mod');
      const ben = await member(t, town, 'ben');
      const epoch = ben.joined?.snapshot.topology.next?.epoch ?? 0;
      const producerId = await produce(ben, epoch);
      const someone = { roomId: 'lobby', participantId: ben.id };
      for (let i = 0; i < 2; i++) await mod.request('moderate:mute', { ...someone, silenced: true });
      await ben.hears('participantUpdated', ({ participant }) => participant.id === ben.id && participant.silenced);
      await until('the SFU to pause it', () => pauses(town, producerId).length > 0);
      const pause = { roomId: 'lobby', epoch, producerId };
      assert.equal(await ben.refusal('sfu:pauseProducer', { ...pause, paused: false }), 'not_allowed');
      await ben.request('sfu:pauseProducer', { ...pause, paused: true });
      assert.ok(!pauses(town, producerId).includes(false));
      // What they send later is paused as well.
      const later = await produce(ben, epoch);
      await until('the SFU to pause that, too', () => pauses(town, later).includes(true));
      const produced = town.sfu.log.findLast(({ name }) => name === 'peer:produce');
      assert.partialDeepStrictEqual(produced?.input, { paused: true }, 'from its first packet');
      await ben.request('room:leave', { roomId: 'lobby' });
      await ben.join('lobby', 'ben');
      const self = ben.joined?.snapshot.participants.find(({ id }) => id === ben.id);
      assert.equal(self?.silenced, true);

      await mod.request('moderate:mute', { roomId: 'lobby', participantId: ben.id, silenced: false });
      await ben.hears('participantUpdated', ({ participant }) => participant.id === ben.id && !participant.silenced);
      const again = await produce(ben, ben.joined?.snapshot.topology.next?.epoch ?? epoch, true);
      const path = { roomId: 'lobby', epoch: ben.joined?.snapshot.topology.next?.epoch ?? epoch, producerId: again };
      assert.deepEqual(pauses(town, again), [], 'nobody is unmuted');
      await ben.request('sfu:pauseProducer', { ...path, paused: false });
      assert.deepEqual(pauses(town, again), [false], 'but may unmute');
    });

    test('sends someone away', async (t) => {
      const town = await start(t);
      const mod = await member(t, town, 'mod');
      const ben = await member(t, town, 'ben');
      for (let i = 0; i < 2; i++) await mod.request('moderate:remove', { roomId: 'lobby', participantId: ben.id });
      await mod.hears(
        'participantLeft',
        ({ reason, participantId }) => reason === 'removed' && participantId === ben.id,
      );
      await until('Ben to be told', () => ben.closed[0]?.code === 'removed');
      assert.equal(await ben.refusal('room:resume', ben.resumeInput), 'removed');
      await ben.join('lobby', 'ben');
    });

    test('bans a user for a time', async (t) => {
      const town = await start(t);
      const mod = await member(t, town, 'mod');
      const ben = await member(t, town, 'ben');
      await mod.request('moderate:remove', { roomId: 'lobby', participantId: ben.id, banMs: 60_000 });
      await until('Ben to be told', () => ben.closed[0]?.code === 'banned');
      const answer = await ben.ask('room:join', joining('join again'));
      assert.ok(!answer.ok && answer.error.code === 'banned' && (answer.error.retryAfterMs ?? 0) > 50_000);
      // The room has been over meanwhile; the ban is not.
      await mod.request('room:leave', { roomId: 'lobby' });
      assert.equal(await ben.refusal('room:join', joining('and again')), 'banned');
      await mod.join('lobby', 'mod');
      await mod.request('moderate:remove', { roomId: 'lobby', participantId: mod.id, banMs: 1 });
    });

    test('locks a room to all but moderators', async (t) => {
      const town = await start(t);
      const mod = await member(t, town, 'mod');
      const ben = await member(t, town, 'ben');
      await mod.request('room:lock', { roomId: 'lobby', locked: true });
      await ben.hears('roomUpdated', ({ locked }) => locked);
      const cal = await connect(t, town, 'cal');
      assert.equal(await cal.refusal('room:join', joining('cal comes in')), 'room_locked');
      await mod.request('room:leave', { roomId: 'lobby' });
      await mod.join('lobby', 'mod');
      await mod.request('room:lock', { roomId: 'lobby', locked: false });
      await cal.request('room:join', joining('cal comes in'));
    });

    test('has someone keep a speaker slot', async (t) => {
      const town = await start(t);
      const mod = await member(t, town, 'mod');
      const ben = await member(t, town, 'ben');
      const someone = { roomId: 'lobby', participantId: ben.id };
      assert.equal(await ben.refusal('moderate:pin', { ...someone, pinned: true }), 'not_allowed');
      for (let i = 0; i < 2; i++) await mod.request('moderate:pin', { ...someone, pinned: true });
      await ben.hears('roomUpdated', ({ pinned }) => pinned.includes(ben.id));
      assert.deepEqual((await ben.snapshot()).pinned, [ben.id]);
      await ben.request('room:leave', { roomId: 'lobby' });
      await mod.hears('roomUpdated', ({ pinned }) => pinned.length === 0);
    });

    test('ends a room for everyone', async (t) => {
      const town = await start(t);
      const mod = await member(t, town, 'mod');
      const ben = await member(t, town, 'ben');
      await mod.request('room:end', { roomId: 'lobby' });
      for (const one of [mod, ben]) await until('to be told', () => one.closed[0]?.code === 'room_ended');
      assert.equal(await ben.refusal('room:resume', ben.resumeInput), 'room_ended');
      for (const server of town.servers)
        await until('the room to be gone', async () => (await server.store.count()) === 0);
    });
  });
}

test('a ban of a room that lives outlasts the loss of all that is in Redis', async (t) => {
  const redis = await startRedis(t);
  const sfu = new FakeSfu('sfu-1');
  const server = await TestServer.start(t, { sfu, env: { API_KEYS, REDIS_URL: redis.url } });
  const town: Town = { servers: [server, server], sfu };
  const mod = await member(t, town, 'mod');
  const ben = await member(t, town, 'ben');
  await mod.request('moderate:remove', { roomId: 'lobby', participantId: ben.id, banMs: 60_000 });
  const link = await redis.link();
  await link.call((client) => client.flushall());
  assert.equal(await ben.refusal('room:join', joining('join at once')), 'banned');
  await until('the room to be there again', async () => (await server.store.count()) === 1);
  assert.equal(await ben.refusal('room:join', joining('join again')), 'banned');
});

test('a resume that is under way while the word is taken does not give it back', async (t) => {
  const town = await alone(t, { MESH_MAX_PEERS: '1', MESH_RETURN_PEERS: '0' });
  const mod = await member(t, town, 'mod');
  const ben = await member(t, town, 'ben');
  const epoch = ben.joined?.snapshot.topology.next?.epoch ?? 0;
  const producerId = await produce(ben, epoch, true);
  let open = () => {};
  town.sfu.gate = new Promise((resolve) => {
    open = resolve;
  });
  const resuming = ben.ask('sfu:pauseProducer', { roomId: 'lobby', epoch, producerId, paused: false });
  await until('the SFU to be asked', () => pauses(town, producerId).length === 1);
  await mod.request('moderate:mute', { roomId: 'lobby', participantId: ben.id, silenced: true });
  open();
  await resuming;
  assert.equal(pauses(town, producerId).at(-1), true, 'the last word is the moderator’s');
  assert.deepEqual(pauses(town, producerId), [false, true, true]);
});
