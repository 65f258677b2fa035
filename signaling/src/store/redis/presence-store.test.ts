import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startRedis } from '../../testing/redis.ts';
import { describePresenceStore } from '../presence-store.contract.ts';
import { RedisPresenceStore } from './presence-store.ts';

describePresenceStore('redis', async (t) => new RedisPresenceStore(await (await startRedis(t)).link()));

test('what a node laid down does not outlive it for long', async (t) => {
  const link = await (await startRedis(t)).link();
  const store = new RedisPresenceStore(link);
  await store.replace('a', { incarnation: 'one', version: 1, users: [['ann', []]] });
  const key = link.key('{presence:a}');
  assert.ok((await link.call((redis) => redis.pttl(key))) > 0);
  await link.call((redis) => redis.persist(key));
  await store.write('a', { incarnation: 'one', from: { version: 1, count: 1 }, to: 1, changes: [] });
  assert.ok((await link.call((redis) => redis.pttl(key))) > 0);
});
