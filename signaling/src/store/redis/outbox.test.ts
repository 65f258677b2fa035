import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { FakeClock, silentLogger } from '@parley/shared/runtime';
import { blankRoom } from '../../rooms/index.ts';
import { startRedis, type TestRedis } from '../../testing/redis.ts';
import { until } from '../../testing/until.ts';
import { describeOutbox } from '../outbox.contract.ts';
import type { OutboxLimits } from '../outbox.ts';
import { RedisOutbox } from './outbox.ts';
import { RedisRoomStore } from './room-store.ts';

const LIMITS: OutboxLimits = { receivers: ['a'], max: 1_000, maxPerRoom: 100 };

/** A node with rooms and their outbox. */
async function nodeOf(t: TestContext, redis: TestRedis, nodeId: string, limits = LIMITS) {
  const link = await redis.link();
  const clock = new FakeClock(Date.now());
  const dead = new Set<string>();
  const common = { link, nodeId, clock, logger: silentLogger };
  const rooms = new RedisRoomStore({ ...common, wakeAt: () => null });
  const outbox = new RedisOutbox({ ...common, ...limits, isAlive: (id) => !dead.has(id) });
  t.after(() => {
    outbox.close();
    rooms.close();
  });
  /** What a change of the room says is stored with it. */
  const commit = (roomId: string, ...entries: string[]) =>
    rooms.update(roomId, (state) => {
      const before = state ?? blankRoom(roomId);
      return { state: { ...before, seq: before.seq + 1 }, outbox: entries };
    });
  const say = async (roomId: string, ...entries: string[]) => {
    await outbox.expect(roomId);
    await commit(roomId, ...entries);
    outbox.add(roomId);
  };
  const end = (roomId: string, ...entries: string[]) => rooms.update(roomId, () => ({ state: null, outbox: entries }));
  return { outbox, link, clock, dead, commit, say, end };
}

describeOutbox('redis', async (t, limits) => {
  const { outbox, say } = await nodeOf(t, await startRedis(t), 'node-1', limits);
  return { outbox, say, settle: () => outbox.sweep() };
});

test('one node delivers for a room at a time; another takes over from one that is dead', async (t) => {
  const redis = await startRedis(t);
  const one = await nodeOf(t, redis, 'one');
  const two = await nodeOf(t, redis, 'two');
  const found: string[] = [];
  two.outbox.events.on('pending', (roomId) => found.push(roomId));
  await one.say('lobby', 'first', 'second');
  const entry = await one.outbox.next('lobby', 'a');
  assert.equal(entry?.text, 'first');
  assert.equal(await two.outbox.next('lobby', 'a'), null);
  await two.outbox.sweep();
  assert.equal(await two.outbox.next('lobby', 'a'), null, 'the other one is alive');
  two.dead.add('one');
  await two.outbox.sweep();
  assert.deepEqual(found, ['lobby', 'lobby']);
  assert.deepEqual(await two.outbox.next('lobby', 'a'), entry);
  await one.outbox.accepted('lobby', 'a', entry?.position ?? -1);
  assert.deepEqual(await two.outbox.next('lobby', 'a'), entry, 'a word too late changes nothing');
  await two.outbox.accepted('lobby', 'a', entry?.position ?? -1);
  assert.equal((await two.outbox.next('lobby', 'a'))?.text, 'second');
});

test('what a node has said is found though it died before it could say that it had', async (t) => {
  const redis = await startRedis(t);
  const one = await nodeOf(t, redis, 'one');
  const two = await nodeOf(t, redis, 'two');
  await one.outbox.expect('lobby');
  await one.commit('lobby', 'started');
  await one.end('lobby', 'ended');
  const found: string[] = [];
  two.outbox.events.on('pending', (roomId) => found.push(roomId));
  await two.outbox.sweep();
  assert.deepEqual(found, ['lobby']);
  for (const text of ['started', 'ended']) {
    const entry = await two.outbox.next('lobby', 'a');
    assert.equal(entry?.text, text);
    await two.outbox.accepted('lobby', 'a', entry?.position ?? -1);
  }
});

test('a room that is over and has said all leaves nothing behind', async (t) => {
  const redis = await startRedis(t);
  const { outbox, link, clock, say, end } = await nodeOf(t, redis, 'one');
  await say('lobby', 'started');
  await end('lobby', 'ended');
  for (let i = 0; i < 2; i++) {
    const entry = await outbox.next('lobby', 'a');
    await outbox.accepted('lobby', 'a', entry?.position ?? -1);
  }
  await outbox.sweep();
  assert.equal(await link.call((client) => client.zcard(link.key('{outbox}', 'rooms'))), 1, 'a join may be on its way');
  clock.advance(61_000);
  await outbox.sweep();
  const left = async () =>
    (await link.call((client) => client.keys('*outbox*'))).filter((key) => !/total|sweep/.test(key));
  await until('nothing to be left', async () => (await left()).length === 0);
});

test('with too much in all, the rooms that were silent for longest lose theirs', async (t) => {
  const redis = await startRedis(t);
  const { outbox, clock, say } = await nodeOf(t, redis, 'one', { ...LIMITS, max: 5 });
  const dropped: [string, number][] = [];
  outbox.events.on('dropped', (roomId, count) => dropped.push([roomId, count]));
  for (const room of ['red', 'blue', 'green']) {
    await say(room, '1', '2', '3');
    clock.advance(1_000);
  }
  await outbox.sweep();
  assert.deepEqual(dropped, [
    ['red', 3],
    ['blue', 1],
  ]);
  assert.equal(await outbox.backlog(), 5);
  assert.equal((await outbox.next('blue', 'a'))?.text, '2');
});
