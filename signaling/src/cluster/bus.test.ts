import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '@parley/shared/runtime';
import { startRedis } from '../testing/redis.ts';
import { until } from '../testing/until.ts';
import type { Bus } from './bus.ts';
import { MemoryBus } from './memory-bus.ts';
import type { BusMessage } from './messages.ts';
import { RedisBus } from './redis-bus.ts';

const message = (memberId: string): BusMessage => ({
  type: 'fence',
  sessionId: 's',
  memberId,
  roomId: 'lobby',
  fence: { code: 'conflict', attachEpoch: 2 },
});

function heardBy(bus: Bus): string[] {
  const heard: string[] = [];
  bus.on('fence', ({ memberId }, from) => heard.push(`${memberId} from ${from}`));
  return heard;
}

test('a node that is alone hears itself, and nobody else', () => {
  const bus = new MemoryBus('a', silentLogger);
  const heard = heardBy(bus);
  bus.publish(message('1'));
  bus.send('a', message('2'));
  bus.send('b', message('3'));
  assert.deepEqual(heard, ['1 from a', '2 from a']);
});

test('over Redis one node is reached, or all of them, each once and in order', async (t) => {
  const redis = await startRedis(t);
  const [a, b, c] = await Promise.all(
    ['a', 'b', 'c'].map(async (nodeId) => {
      const bus = new RedisBus({ nodeId, link: await redis.link(), logger: silentLogger });
      await bus.open();
      t.after(() => bus.close());
      return bus;
    }),
  );
  assert.ok(a && b && c);
  const [atA, atB, atC] = [a, b, c].map(heardBy);
  for (let i = 0; i < 20; i++) a.send('b', message(String(i)));
  a.publish(message('all'));
  a.send('a', message('self'));
  await until('all to have heard', () => atB?.length === 21 && atC?.length === 1);
  assert.deepEqual(atA, ['all from a', 'self from a']);
  assert.deepEqual(
    atB,
    [...Array(20).keys(), 'all'].map((id) => `${id} from a`),
  );
});

test('a bus whose Redis comes later, or goes and comes back, listens again', async (t) => {
  const redis = await startRedis(t);
  const buses = await Promise.all(
    ['a', 'b'].map(async (nodeId) => new RedisBus({ nodeId, link: await redis.link(), logger: silentLogger })),
  );
  const [a, b] = buses;
  assert.ok(a && b);
  t.after(() => buses.map((bus) => bus.close()));
  await redis.stop();
  await Promise.all([a.open(), b.open()]);
  const heard = heardBy(b);
  await redis.start();
  await until('a message', () => {
    a.send('b', message('x'));
    return heard.length > 0;
  });
});
