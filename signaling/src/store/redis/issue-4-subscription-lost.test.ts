import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { createLogger, silentLogger, systemClock } from '@parley/shared/runtime';
import { startRedis } from '../../testing/redis.ts';
import { until } from '../../testing/until.ts';
import { RedisLink } from './link.ts';

/** A way to Redis that breaks, while `breaks`, as soon as somebody subscribes. */
async function fragileWay(t: TestContext, target: string) {
  const way = { port: 0, breaks: false, broke: 0, cut: () => {} };
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const redis = connect(Number(new URL(target).port), '127.0.0.1');
    for (const [from, to] of [
      [client, redis],
      [redis, client],
    ] as const) {
      sockets.add(from);
      from.on('error', () => {});
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
    redis.pipe(client);
    client.on('data', (chunk) => {
      if (way.breaks && chunk.includes('ssubscribe')) {
        way.broke += 1;
        client.resetAndDestroy();
      } else redis.write(chunk);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  way.port = (server.address() as AddressInfo).port;
  way.cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  t.after(() => {
    server.close();
    way.cut();
  });
  return way;
}

test('a connection that breaks while what was subscribed is subscribed again costs nobody the server', async (t) => {
  const redis = await startRedis(t);
  const way = await fragileWay(t, redis.url);
  const link = new RedisLink({
    urls: [`redis://127.0.0.1:${way.port}`],
    cluster: false,
    prefix: 'test',
    clock: systemClock,
    logger: silentLogger,
  });
  t.after(() => link.close());
  await link.settled();
  const heard: string[] = [];
  await link.subscribe('channel', (message) => heard.push(message));

  way.breaks = true;
  way.cut();
  await until('it to break again and again', () => way.broke >= 3);
  assert.equal(link.isUp, false, 'a link that hears nothing is not up');
  way.breaks = false;
  await until('it to be back', () => link.isUp);
  await link.call((client) => client.spublish('channel', 'after'));
  await until('a message after it all', () => heard.includes('after'));
});

test('a Redis that refuses to subscribe again is said to, and is up once it does not', async (t) => {
  const redis = await startRedis(t);
  const other = await redis.link();
  const lines: string[] = [];
  const logger = createLogger({ level: 'error', write: (line) => lines.push(line) });
  const link = new RedisLink({ urls: [redis.url], cluster: false, prefix: 'test', clock: systemClock, logger });
  t.after(() => link.close());
  await link.settled();
  const heard: string[] = [];
  await link.subscribe('channel', (message) => heard.push(message));

  await other.call((client) => client.call('ACL', 'SETUSER', 'default', '-ssubscribe'));
  await other.call((client) => client.call('CLIENT', 'KILL', 'TYPE', 'pubsub'));
  await until('it to be said, twice', () => lines.filter((line) => line.includes('NOPERM')).length >= 2);
  assert.equal(link.isUp, false);
  await other.call((client) => client.call('ACL', 'SETUSER', 'default', '+ssubscribe'));
  await until('it to be back', () => link.isUp);
  await other.call((client) => client.spublish('channel', 'after'));
  await until('a message after it all', () => heard.includes('after'));
});
