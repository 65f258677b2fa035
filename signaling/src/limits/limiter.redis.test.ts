import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withDeadline } from '@parley/shared/runtime';
import { IMPATIENT, startRedis } from '../testing/redis.ts';
import { until } from '../testing/until.ts';
import { Limiter, TooMany } from './limiter.ts';

const rate = { name: 'test', points: 3, seconds: 60 };

test('nodes count together; while Redis is out of reach each counts for itself, and nobody waits', async (t) => {
  const redis = await startRedis(t);
  const [one, two] = [await redis.link(), await redis.link()];
  const [here, there] = [Limiter.shared(rate, one), Limiter.shared(rate, two)];
  assert.deepEqual([await here.consume('ann'), await there.consume('ann'), await here.consume('ann')], [1, 2, 3]);
  await assert.rejects(there.consume('ann'), (error) => {
    assert.ok(error instanceof TooMany);
    assert.ok((error.retryAfterMs ?? 0) > 50_000 && (error.retryAfterMs ?? 0) <= 60_000, String(error.retryAfterMs));
    return true;
  });
  assert.equal(await there.consume('ben'), 1);

  await redis.stop();
  await until('the links to be down', () => !one.isUp && !two.isUp);
  assert.deepEqual([await here.consume('ben'), await there.consume('ben')], [1, 1]);
  await Promise.all([here.consume('ben'), here.consume('ben')]);
  await assert.rejects(here.consume('ben'), TooMany);

  await redis.start();
  await until('the links to be up', () => one.isUp && two.isUp);
  assert.deepEqual([await here.consume('ben'), await there.consume('ben')], [1, 2]);
});

test('a Redis that hangs holds nobody up for long', async (t) => {
  const redis = await startRedis(t);
  const limiter = Limiter.shared(rate, await redis.link(IMPATIENT));
  await limiter.consume('ann');
  redis.pause();
  t.after(() => redis.resume());
  assert.equal(await withDeadline(limiter.consume('ann'), 10_000, 'an answer'), 1);
});

test('who is refused is refused here from then on: a flood does not reach Redis', async (t) => {
  const redis = await startRedis(t);
  const link = await redis.link();
  const limiter = Limiter.shared(rate, link);
  const refused = async () => {
    const results = await Promise.allSettled(Array.from({ length: 500 }, () => limiter.consume('eve')));
    return results.filter(({ status }) => status === 'rejected').length;
  };
  assert.equal(await refused(), 497);
  const counted = Number(await link.call((client) => client.get(link.key('limit', 'test:eve'))));
  assert.equal(await refused(), 500);
  assert.equal(Number(await link.call((client) => client.get(link.key('limit', 'test:eve')))), counted);
});
