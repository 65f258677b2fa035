import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ParleyError } from '@parley/shared/protocol';
import { IMPATIENT, startRedis } from '../../testing/redis.ts';
import { until } from '../../testing/until.ts';

const isUnavailable = (error: unknown) => error instanceof ParleyError && error.code === 'store_unavailable';

test('a command is answered, a script runs, a message arrives', async (t) => {
  const redis = await startRedis(t);
  const link = await redis.link({ prefix: 'p' });
  await link.call((client) => client.set(link.key('a'), '1'));
  const script = { name: 'parley_test_read', lua: "return redis.call('GET', KEYS[1]) .. ARGV[1]" };
  assert.equal(await link.run(script, [link.key('a')], ['!']), '1!');
  const heard: string[] = [];
  const unsubscribe = await link.subscribe('channel', (message) => heard.push(message));
  const other = await redis.link({ prefix: 'p' });
  await other.call((client) => client.spublish('channel', 'one'));
  await until('the message', () => heard.length === 1);
  unsubscribe();
  await other.call((client) => client.spublish('channel', 'two'));
  await link.call((client) => client.ping());
  assert.deepEqual(heard, ['one']);
});

test('a Redis that is gone fails calls at once, and is found again with its subscriptions', async (t) => {
  const redis = await startRedis(t);
  const link = await redis.link();
  const heard: string[] = [];
  await link.subscribe('channel', (message) => heard.push(message));
  await redis.stop();
  await until('it to be missed', () => !link.isUp);
  await assert.rejects(
    link.call((client) => client.get('a')),
    isUnavailable,
  );
  await assert.rejects(
    link.subscribe('other', () => {}),
    isUnavailable,
  );
  await redis.start();
  await until('it to be back', () => link.isUp);
  await link.call((client) => client.spublish('channel', 'after'));
  await until('a message after it all', () => heard.includes('after'));
});

test('a Redis that hangs is out of reach, until it goes on', async (t) => {
  const redis = await startRedis(t);
  const link = await redis.link(IMPATIENT);
  redis.pause();
  await assert.rejects(
    link.call((client) => client.get('a')),
    isUnavailable,
  );
  await until('it to be missed', () => !link.isUp);
  redis.resume();
  await until('it to be back', () => link.isUp);
  await link.call((client) => client.set('a', '1'));
});

test('a refusal of Redis is an error of the one table too', async (t) => {
  const redis = await startRedis(t);
  const link = await redis.link();
  await assert.rejects(link.run({ name: 'parley_broken', lua: 'this is no lua' }, [], []), isUnavailable);
});
