import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger, silentLogger } from '@parley/shared/runtime';
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

test('what nobody here listens to, known or not, is passed over without a word; what cannot be read is told', async (t) => {
  const redis = await startRedis(t);
  const link = await redis.link();
  const lines: string[] = [];
  const logger = createLogger({ level: 'debug', write: (line) => lines.push(line) });
  const bus = new RedisBus({ nodeId: 'b', link: await redis.link(), logger });
  await bus.open();
  t.after(() => bus.close());
  const heard = heardBy(bus);
  const tell = (text: string) => link.call((client) => client.spublish(link.key('{bus}'), text));
  const say = (told: object) => tell(JSON.stringify({ from: 'a', message: told }));
  await say({ type: 'of a newer node', with: 'more' });
  await say({ type: 'match', notice: 'nobody listens' });
  await say(message('1'));
  await until('the one', () => heard.length === 1);
  assert.equal(lines.length, 0, lines[0]);
  for (const text of ['noise', '{}', JSON.stringify({ from: 'a', message: { type: 'fence' } })]) await tell(text);
  await until('all three to be told', () => lines.filter((line) => line.includes('bus message ignored')).length === 3);
  assert.deepEqual(heard, ['1 from a']);
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
