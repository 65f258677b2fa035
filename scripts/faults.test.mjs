// What fault tests are made of: a real Redis, a network that fails on demand, a load balancer.
import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { test } from 'node:test';
import { FaultyLink } from './faulty-link.mjs';
import { inTurn, LoadBalancer } from './load-balancer.mjs';
import { RedisCluster } from './redis-cluster.mjs';
import { redisCommand } from './redis-command.mjs';
import { hasRedis, RedisProcess } from './redis-process.mjs';

const skip = hasRedis() ? false : 'redis-server is missing, see above';

/** Echoes what it is sent, after its name. @param {import('node:test').TestContext} t @param {string} name */
async function echo(t, name) {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (data) => socket.write(`${name}:${data}`));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  /** @type {Set<import('node:net').Socket>} */
  const sockets = new Set();
  server.on('connection', (socket) => sockets.add(socket));
  const close = () => {
    for (const socket of sockets) socket.resetAndDestroy();
    return new Promise((resolve) => server.close(resolve));
  };
  t.after(close);
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return { port, close };
}

/** @param {import('node:test').TestContext} t @param {number} port */
async function open(t, port) {
  const socket = connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  socket.on('error', () => {});
  await once(socket, 'connect');
  const closed = new Promise((resolve) => socket.once('close', () => resolve('closed')));
  return {
    closed,
    /** @param {string} text @returns {Promise<unknown>} the answer, or `closed` */
    say(text) {
      const answer = new Promise((resolve) => socket.once('data', (data) => resolve(String(data))));
      socket.write(text);
      return Promise.race([answer, closed]);
    },
  };
}

test('a Redis of a test keeps nothing over a restart, and can be frozen', { skip }, async (t) => {
  const redis = await RedisProcess.start();
  t.after(() => redis.close());
  equal(await redis.command('SET', 'who', 'Änn'), 'OK');
  equal(await redis.command('GET', 'who'), 'Änn');
  deepEqual(await redis.command('EVAL', "return {1, 'two', false, {3}}", 0), [1, 'two', null, [3]]);
  await rejects(redis.command('NONSENSE'), /unknown command/);

  redis.freeze();
  let answered = false;
  const late = redis.command('GET', 'who').then((value) => {
    answered = true;
    return value;
  });
  equal(answered, false);
  redis.thaw();
  equal(await late, 'Änn');

  const { port } = redis;
  await redis.stop();
  await rejects(redis.command('PING'), /ECONNREFUSED/);
  await redis.startAgain();
  equal(redis.port, port);
  equal(await redis.command('GET', 'who'), null);
});

test('a Redis Cluster of a test shares its slots among three masters', { skip }, async (t) => {
  const cluster = await RedisCluster.start();
  t.after(() => cluster.close());
  const answers = await Promise.all(
    cluster.masters.map(({ port }) => redisCommand(port, 'SET', 'key', 'value').catch((error) => error.message)),
  );
  equal(answers.filter((answer) => answer === 'OK').length, 1);
  equal(answers.filter((answer) => /^MOVED /.test(String(answer))).length, 2);
});

test('a faulty link resets when it is cut, and delivers late what it swallowed', async (t) => {
  const target = await echo(t, 'a');
  const link = await FaultyLink.to(target.port);
  t.after(() => link.close());
  const first = await open(t, link.port);
  equal(await first.say('1'), 'a:1');

  link.swallow();
  /** @type {unknown[]} */
  const heard = [];
  const late = first.say('2').then((answer) => heard.push(answer));
  const second = await open(t, link.port);
  const alsoLate = second.say('3');
  equal(await (await open(t, target.port)).say('beside it'), 'a:beside it');
  deepEqual(heard, [], 'nothing goes through');
  link.mend();
  await late;
  deepEqual(heard, ['a:2']);
  equal(await alsoLate, 'a:3');

  link.cut();
  equal(await second.say('4'), 'closed');
  const refused = connect(link.port, '127.0.0.1');
  refused.on('error', () => {});
  await new Promise((resolve) => refused.once('close', resolve));
  link.mend();
  equal(await (await open(t, link.port)).say('5'), 'a:5');
});

test('a load balancer takes turns among the nodes that accept', async (t) => {
  const nodes = [await echo(t, 'a'), await echo(t, 'b'), await echo(t, 'c')];
  const balancer = await LoadBalancer.over((turn) =>
    inTurn(
      nodes.map(({ port }) => port),
      turn,
    ),
  );
  t.after(() => balancer.close());
  const ask = async () => (await open(t, balancer.port)).say('x');
  const sorted = async () => [await ask(), await ask(), await ask()].sort();
  deepEqual(await sorted(), ['a:x', 'b:x', 'c:x']);

  const onB = [];
  for (let i = 0; i < 3; i += 1) onB.push(await open(t, balancer.port));
  await nodes[1]?.close();
  await Promise.race(onB.map(({ closed }) => closed));
  const left = [await ask(), await ask(), await ask(), await ask()];
  ok(left.every((answer) => answer === 'a:x' || answer === 'c:x') && new Set(left).size === 2, left.join());

  await nodes[0]?.close();
  await nodes[2]?.close();
  equal(await ask(), 'closed', 'with no node it hangs up');
});
