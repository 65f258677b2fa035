import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { silentLogger, systemClock } from '@parley/shared/runtime';
import type { RoomState } from '../../rooms/index.ts';
import { IMPATIENT, startRedis, type TestRedis } from '../../testing/redis.ts';
import { until } from '../../testing/until.ts';
import { describeRoomStore, room } from '../room-store.contract.ts';
import type { RoomChange } from '../room-store.ts';
import { RedisLink } from './link.ts';
import { RedisRoomStore } from './room-store.ts';

async function storeOn(t: TestContext, redis: TestRedis, nodeId: string): Promise<RedisRoomStore> {
  return storeWith(t, await redis.link(), nodeId);
}

function storeWith(t: TestContext, link: RedisLink, nodeId: string): RedisRoomStore {
  const store = new RedisRoomStore({ link, nodeId, clock: systemClock, logger: silentLogger, wakeAt: () => null });
  t.after(() => store.close());
  return store;
}

describeRoomStore('redis', async (t) => storeOn(t, await startRedis(t), 'node'));

function changesOf(store: RedisRoomStore): RoomChange[] {
  const changes: RoomChange[] = [];
  store.events.on('changed', (change) => changes.push(change));
  return changes;
}

/** Counts the room's seq up, with one event. */
const step = (by: string) => (state: RoomState | null) => {
  const seq = (state?.seq ?? 0) + 1;
  return {
    state: { ...room('lobby', seq), fewSince: Number(by) },
    events: [{ seq, event: { type: 'healed' as const } }],
  };
};

test('every node that follows a room hears each change once, in the order decided, whoever decides', async (t) => {
  const redis = await startRedis(t);
  const nodes = await Promise.all(['a', 'b', 'c'].map((nodeId) => storeOn(t, redis, nodeId)));
  await Promise.all(nodes.map((node) => node.follow('lobby')));
  const heard = nodes.map(changesOf);
  await Promise.all(
    nodes.flatMap((node, i) => Array.from({ length: 40 }, () => node.update('lobby', step(String(i))))),
  );
  await until('all to have heard all', () => heard.every((changes) => changes.length === 120));
  for (const changes of heard) {
    assert.deepEqual(
      changes.flatMap(({ events }) => events.map(({ seq }) => seq)),
      Array.from({ length: 120 }, (_, i) => i + 1),
    );
    assert.ok(changes.every(({ missed }) => !missed));
  }
  assert.deepEqual(new Set(nodes.map((node) => JSON.stringify(node.followed()))).size, 1);
});

test('who is overtaken again and again has their turn in the end, while the others have much to say', async (t) => {
  const redis = await startRedis(t);
  const a = await storeOn(t, redis, 'a');
  let overtakes = 100;
  class Overtaken extends RedisLink {
    override async run(...args: Parameters<RedisLink['run']>) {
      if (overtakes-- > 0) await a.update('lobby', step('0'));
      return super.run(...args);
    }
  }
  const about = { clock: systemClock, logger: silentLogger };
  const link = new Overtaken({ urls: [redis.url], cluster: false, prefix: 'test', ...about });
  t.after(() => link.close());
  await link.settled();
  await storeWith(t, link, 'b').update('lobby', step('1'));
  assert.equal((await a.read('lobby'))?.seq, 101);
});

test('a change is small, whatever the size of the room', async (t) => {
  const redis = await startRedis(t);
  const [a, b] = [await storeOn(t, redis, 'a'), await storeOn(t, redis, 'b')];
  const members = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`m${i}`, member(`m${i}`)]));
  await a.update('lobby', () => ({ state: { ...room('lobby', 1), members } }));
  await b.follow('lobby');
  const heard: number[] = [];
  const link = await redis.link();
  await link.subscribe('test:{room:lobby}', (text) => heard.push(text.length));
  await a.update('lobby', (state) => {
    assert.ok(state);
    return { state: { ...state, members: { ...state.members, m7: { ...member('m7'), muted: true } } } };
  });
  await until('the change', () => heard.length === 1 && b.followed()[0]?.members.m7?.muted === true);
  assert.ok((heard[0] ?? 0) < 1_000, `${heard[0]} bytes`);
  assert.equal(Object.keys((await a.read('lobby'))?.members ?? {}).length, 500);
});

test('members and producers that go are gone from Redis', async (t) => {
  const redis = await startRedis(t);
  const a = await storeOn(t, redis, 'a');
  const producer = { epoch: 2, participantId: 'x', producerId: 'p' };
  await a.update('lobby', () => ({
    state: { ...room('lobby', 1), members: { x: member('x') }, producers: [producer] },
  }));
  assert.deepEqual((await a.read('lobby'))?.producers, [producer]);
  await a.update('lobby', (state) => ({ state: state && { ...state, members: {}, producers: [] } }));
  const link = await redis.link();
  assert.deepEqual((await link.call((client) => client.hkeys('test:{room:lobby}'))).sort(), ['core', 'v']);
});

test('after an outage every node finds what it missed, and says so', async (t) => {
  const redis = await startRedis(t);
  const a = storeWith(t, await redis.link(IMPATIENT), 'a');
  const link = await redis.link(IMPATIENT);
  const b = storeWith(t, link, 'b');
  await a.update('lobby', step('1'));
  await b.follow('lobby');
  redis.pause();
  await assert.rejects(a.update('lobby', step('2')), { code: 'store_unavailable' });
  await until('b to notice', () => !link.isUp);
  // What was already in Redis's hands may yet be carried out; nothing of it is lost or told twice.
  const heard = changesOf(b);
  redis.resume();
  await until('the room to be read anew', () => heard.length > 0);
  await until('a change to pass', async () => {
    await a.update('lobby', step('3')).catch(() => {});
    return heard.some(({ missed, events }) => !missed && events.length > 0);
  });
  await until('b to know what Redis has', async () => {
    const core = await link.call((client) => client.hget('test:{room:lobby}', 'core'));
    return b.followed()[0]?.seq === JSON.parse(core ?? '{}').seq;
  });
});

test('a room that Redis has lost is remembered by those who follow it', async (t) => {
  const redis = await startRedis(t);
  const a = await storeOn(t, redis, 'a');
  await a.follow('lobby');
  await a.update('lobby', step('1'));
  const lost: [string, number, RoomState | null][] = [];
  a.events.on('resynced', (roomId, memory, state) => lost.push([roomId, memory.seq, state]));
  const link = await redis.link();
  await link.call((client) => client.flushall());
  for (let turn = 0; turn < 5; turn++) await a.keepAlive(turn, 5, () => true);
  assert.deepEqual(lost, [['lobby', 1, null]]);
});

test('a room that another made anew after a loss is not taken for the old one', async (t) => {
  const redis = await startRedis(t);
  const [a, b] = [await storeOn(t, redis, 'a'), await storeOn(t, redis, 'b')];
  await a.follow('lobby');
  await a.update('lobby', step('1'));
  const link = await redis.link();
  await link.call((client) => client.flushall());
  const lost: (string | undefined)[] = [];
  a.events.on('resynced', (_roomId, memory, state) => lost.push(memory.incarnation, state?.incarnation));
  await b.update('lobby', () => ({ state: { ...room('lobby', 1), incarnation: 'two' } }));
  await until('a to see the difference', () => lost.length > 0);
  assert.deepEqual(lost, ['one', 'two']);
});

test('a node that knows that it has missed something goes by what Redis has', async (t) => {
  const redis = await startRedis(t);
  const [a, b] = [await storeOn(t, redis, 'a'), await storeOn(t, redis, 'b')];
  await a.follow('lobby');
  await a.update('lobby', step('1'));
  const link = await redis.link();
  await link.call((client) => client.flushall());
  await b.update('lobby', () => ({ state: { ...room('lobby', 1), incarnation: 'two' } }));
  await a.update('lobby', (state) => ({ state: state && { ...state, seq: 2 } }));
  const { incarnation, seq } = (await a.read('lobby')) ?? {};
  assert.deepEqual([incarnation, seq], ['two', 2]);
});

test('who is refused is refused by the newest state, also where it has not been heard of yet', async (t) => {
  const redis = await startRedis(t);
  const a = await storeOn(t, redis, 'a');
  await a.follow('lobby');
  await a.update('lobby', step('1'));
  const link = await redis.link();
  const { members: _members, producers: _producers, ...core } = room('lobby', 7);
  await link.call((client) => client.hset('test:{room:lobby}', { v: '99999999999999999', core: JSON.stringify(core) }));
  const seen = async (refused: boolean) => {
    const seqs: (number | undefined)[] = [];
    await a.update('lobby', (state) => {
      seqs.push(state?.seq);
      return { state, refused };
    });
    return seqs;
  };
  assert.deepEqual(await seen(false), [1]);
  assert.deepEqual(await seen(true), [1, 7]);
  await link.call((client) => client.flushall());
  assert.deepEqual(await seen(true), [1], 'what was lost is as it was');
});

test('what goes into the outbox stands or falls with the change', async (t) => {
  const redis = await startRedis(t);
  const a = await storeOn(t, redis, 'a');
  await a.update('lobby', () => ({ state: room('lobby', 1), outbox: ['one', 'two'] }));
  await a.update('lobby', (state) => ({ state, outbox: ['nothing changed, nothing said'] }));
  await a.update('lobby', () => ({ state: null, outbox: ['three'] }));
  const link = await redis.link();
  const said = await link.call((client) => client.lrange('test:{room:lobby}:outbox', 0, -1));
  assert.deepEqual(said, ['one', 'two', 'three']);
});

function member(id: string): RoomState['members'][string] {
  return {
    ...{ id, name: id, userId: `guest:${id}`, metadata: {}, canSpeak: true, canListen: true },
    ...{
      muted: false,
      deafened: false,
      connection: 'connected',
      joinId: `join-${id}`,
      sessionId: `s-${id}`,
      nodeId: 'a',
    },
    ...{ attachEpoch: 1, readyEpoch: 0, needsSfu: false, switchedAt: 0, since: 0, silenced: false, goneAt: null },
  };
}
