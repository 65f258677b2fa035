import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ParleyError } from '@parley/shared/protocol';
import { FakeClock, silentLogger, systemClock } from '@parley/shared/runtime';
import { RedisCluster } from '../../../../scripts/redis-cluster.mjs';
import { RedisBus } from '../../cluster/redis-bus.ts';
import { RedisNodes } from '../../cluster/redis-nodes.ts';
import { DEFAULT_MATCH_SETTINGS } from '../../matchmaking/settings.ts';
import { until } from '../../testing/until.ts';
import { room } from '../room-store.contract.ts';
import type { RoomChange } from '../room-store.ts';
import { redisStores } from '../stores.ts';
import { RedisLink } from './link.ts';

test('a Redis Cluster of three masters serves: rooms and their followers, nodes, users, bans, the bus', async (t) => {
  const cluster = await RedisCluster.start();
  t.after(() => cluster.close());
  const nodes = await Promise.all(
    ['a', 'b'].map(async (nodeId) => {
      const options = { urls: [cluster.url], cluster: true, prefix: 'p', clock: systemClock, logger: silentLogger };
      const link = new RedisLink(options);
      t.after(() => link.close());
      await until('the cluster to be in reach', () => link.isUp);
      const stores = redisStores(
        link,
        {
          ...{ nodeId, clock: systemClock, logger: silentLogger, newId: () => nodeId, sessionLifetimeMs: 60_000 },
          ...{
            matching: DEFAULT_MATCH_SETTINGS,
            supabase: undefined,
            outbox: { receivers: ['r'], max: 10, maxPerRoom: 10 },
            wakeAt: () => null,
          },
        },
        () => true,
      );
      t.after(() => stores.outbox.close());
      const bus = new RedisBus({ nodeId, link, logger: silentLogger });
      await bus.open();
      const all = new RedisNodes({ nodeId, link, clock: systemClock, logger: silentLogger });
      t.after(() => all.close());
      await all.open(`http://127.0.0.1/${nodeId}`);
      return { stores, bus, all };
    }),
  );
  const [a, b] = nodes;
  assert.ok(a && b);
  // Names that fall on every master.
  const ids = Array.from({ length: 30 }, (_, i) => `room ${i}`);
  const heard: RoomChange[] = [];
  b.stores.rooms.events.on('changed', (change) => heard.push(change));
  // A cluster that has just formed may look unsettled to a client for a moment: whoever asks, asks again.
  const again = (work: () => Promise<unknown>) =>
    until('the cluster to answer', () =>
      work().then(
        () => true,
        (error: unknown) => {
          if (error instanceof ParleyError && error.code === 'store_unavailable') return false;
          throw error;
        },
      ),
    );
  await Promise.all(ids.map((id) => again(() => b.stores.rooms.follow(id))));
  await Promise.all(
    ids.map((id) => again(() => a.stores.rooms.update(id, () => ({ state: room(id, 1), outbox: ['said'] })))),
  );
  await until('all changes to be heard', () => heard.length === ids.length);
  assert.equal(await b.stores.rooms.count(), ids.length);
  assert.equal((await b.stores.outbox.next('room 7', 'r'))?.text, 'said');
  await until('both nodes to know both', () => a.all.list().length === 2 || b.all.list().length === 2);
  const holder = { nodeId: 'a', sessionId: 's1', instance: 'i1' };
  await a.stores.users.claim('ann', holder);
  const claim = await b.stores.users.claim('ann', { nodeId: 'b', sessionId: 's2', instance: 'i2' });
  assert.equal(claim.previous?.sessionId, 's1');
  await a.stores.bans.set('subject', new FakeClock(Date.now()).now() + 60_000);
  assert.ok(await b.stores.bans.until('subject'));
  await a.stores.departures.add('gone');
  assert.ok(await b.stores.departures.has('gone'));
  const fences: string[] = [];
  b.bus.on('fence', ({ memberId }) => fences.push(memberId));
  a.bus.send('b', { type: 'fence', sessionId: 's', memberId: 'm', roomId: 'r', fence: { code: 'removed' } });
  await until('the message', () => fences.length === 1);
});
