import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { parseRegistration, registrationKeys } from '@parley/shared/control';
import { silentLogger, systemClock } from '@parley/shared/runtime';
import { RedisCluster } from '../../../scripts/redis-cluster.mjs';
import { hasRedis, RedisProcess } from '../../../scripts/redis-process.mjs';
import { ControlLink } from '../testing/link.ts';
import { TestPeer } from '../testing/media.ts';
import { SfuProcess } from '../testing/process.ts';
import { SECRET } from '../testing/sfu.ts';
import { until } from '../testing/until.ts';
import { RedisBoard } from './redis-board.ts';

const options = { skip: hasRedis() ? false : 'redis-server is not installed' };
const keys = registrationKeys('test');

async function startRedis(t: TestContext): Promise<RedisProcess> {
  const redis = await RedisProcess.start();
  t.after(() => redis.close());
  return redis;
}

const recordIn = async (redis: RedisProcess, nodeId: string) => {
  const text = await redis.command('GET', keys.node(nodeId));
  return typeof text === 'string' ? parseRegistration(text, nodeId) : undefined;
};

test(
  'a node is found in Redis while it is there: not once it has ended, and not long after it was killed',
  options,
  async (t) => {
    const redis = await startRedis(t);
    const env = { REDIS_URL: redis.url, REDIS_PREFIX: 'test', WORKERS: '1', REGION: 'north' };
    const [one, two] = ['sfu-1', 'sfu-2'].map((NODE_ID) => new SfuProcess(t, { ...env, NODE_ID }));
    assert.ok(one && two);
    const found = await until('both', async () => {
      const records = [await recordIn(redis, 'sfu-1'), await recordIn(redis, 'sfu-2')];
      return records.every(Boolean) && records;
    });
    assert.partialDeepStrictEqual(found[0], {
      url: `http://127.0.0.1:${await one.port()}`,
      region: 'north',
      workers: 1,
    });
    assert.deepEqual(new Set((await redis.command('SMEMBERS', keys.nodes)) as string[]), new Set(['sfu-1', 'sfu-2']));

    one.child.kill('SIGTERM');
    await one.end();
    assert.equal(await recordIn(redis, 'sfu-1'), undefined);
    assert.deepEqual(await redis.command('SMEMBERS', keys.nodes), ['sfu-2']);
    two.child.kill('SIGKILL');
    await until('the killed one to be gone', async () => (await recordIn(redis, 'sfu-2')) === undefined);
  },
);

test(
  'media does not depend on Redis: without it the node goes on, and is found again when it is back',
  options,
  async (t) => {
    const redis = await startRedis(t);
    const sfu = new SfuProcess(t, { NODE_ID: 'sfu-1', REDIS_URL: redis.url, REDIS_PREFIX: 'test', WORKERS: '1' });
    const link = await ControlLink.open({ port: await sfu.port(), secret: SECRET });
    t.after(() => link.close());
    await sfu.logged('registered');
    for (const away of ['stopped', 'frozen'] as const) {
      const since = sfu.entries.length;
      if (away === 'stopped') await redis.stop();
      else redis.freeze();
      await until('it to notice', () =>
        sfu.entries.slice(since).some(({ message }) => /^not registered/.test(message)),
      );
      await link.request('room:open', { sfuRoomId: away });
      await (await TestPeer.open(link, away, 'ann')).produce();
      if (away === 'stopped') await redis.startAgain();
      else redis.thaw();
      await until('it to be found again', async () => (await recordIn(redis, 'sfu-1')) !== undefined);
    }
    sfu.child.kill('SIGINT');
    await sfu.end();
    assert.equal(await recordIn(redis, 'sfu-1'), undefined);
  },
);

test('nodes are found in a Redis Cluster too', options, async (t) => {
  const cluster = await RedisCluster.start();
  t.after(() => cluster.close());
  const urls = cluster.masters.map(({ url }) => url);
  const board = new RedisBoard({ urls, cluster: true, prefix: 'test', clock: systemClock, log: silentLogger });
  t.after(() => board.close());
  await until('the cluster to be reached', () =>
    board.put('sfu-1', 'here', 60_000).then(
      () => true,
      () => false,
    ),
  );
  const found = await Promise.all(
    cluster.masters.map((one) => one.command('GET', keys.node('sfu-1')).catch(() => null)),
  );
  assert.ok(found.includes('here'));
  await board.remove('sfu-1');
});
