import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { type NodeAddress, REGISTRATION_TTL_MS, registrationKeys } from '@parley/shared/control';
import { createLogger, type Logger, silentLogger, systemClock } from '@parley/shared/runtime';
import type { RedisLink } from '../store/redis/link.ts';
import { startRedis } from '../testing/redis.ts';
import { until } from '../testing/until.ts';
import { FakeControlServer } from './control-server.fake.ts';
import { RegisteredNodes } from './registered-nodes.ts';
import { SfuRegistry } from './registry.ts';

const PREFIX = 'test';
const keys = registrationKeys(PREFIX);

/** A light SFU node that says in Redis that it is there, as real ones do. */
class FakeNode {
  readonly server: FakeControlServer;
  readonly #redis: RedisLink;
  #timer: NodeJS.Timeout | undefined;

  constructor(t: TestContext, redis: RedisLink, nodeId: string) {
    this.server = new FakeControlServer(nodeId);
    this.#redis = redis;
    t.after(() => this.kill());
  }

  get nodeId(): string {
    return this.server.state.nodeId;
  }

  async start(): Promise<void> {
    await this.server.start();
    this.server.state = { ...this.server.state, url: this.server.url };
    this.#timer = setInterval(() => this.say().catch(() => {}), 500);
    await this.say();
  }

  async say(record: object = this.server.state): Promise<void> {
    const { nodeId } = this;
    await this.#redis.call((redis) => redis.set(keys.node(nodeId), JSON.stringify(record), 'PX', REGISTRATION_TTL_MS));
    await this.#redis.call((redis) => redis.sadd(keys.nodes, nodeId));
  }

  /** As a process that is killed: nobody takes it out of Redis. */
  async kill(): Promise<void> {
    this.silence();
    await this.server.stop();
  }

  /** Says nothing any more in Redis. */
  silence(): void {
    clearInterval(this.#timer);
  }

  async end(): Promise<void> {
    this.silence();
    await this.#redis.call((redis) => redis.del(keys.node(this.nodeId)));
    await this.#redis.call((redis) => redis.srem(keys.nodes, this.nodeId));
    await this.server.stop();
  }
}

/** What signaling has for it. */
function signalingOf(t: TestContext, link: RedisLink, options: { urls?: string[]; logger?: Logger } = {}) {
  const { urls = [], logger = silentLogger } = options;
  const registry = new SfuRegistry({
    ...{ urls, isFollowing: true, region: '', nodeId: 'signaling-1', secret: 'secret', clock: systemClock, logger },
    ...{ requestTimeoutMs: 5_000, graceMs: 60_000, refusedGraceMs: 100, linkWaitMs: 5_000 },
  });
  let looks = 0;
  const onLook = (nodes: NodeAddress[]) => {
    looks++;
    registry.follow(nodes);
  };
  const registered = new RegisteredNodes({ link, prefix: PREFIX, clock: systemClock, logger, onLook });
  t.after(() => {
    registered.close();
    registry.close();
  });
  const told: string[] = [];
  registry.events.on('nodeUp', (nodeId) => told.push(`up ${nodeId}`));
  registry.events.on('nodeLost', (nodeId) => told.push(`lost ${nodeId}`));
  const ids = () => registry.states().map(({ nodeId }) => nodeId);
  /** Looked since now, so many times. */
  const looked = (times: number) => {
    const before = looks;
    return until(`${times} looks`, () => looks >= before + times);
  };
  return { registry, told, ids, looked };
}

test('fifty nodes that come and go are followed', async (t) => {
  const redis = await startRedis(t);
  const link = await redis.link({ prefix: PREFIX });
  const { ids, told } = signalingOf(t, await redis.link({ prefix: PREFIX }));
  const nodes = Array.from({ length: 50 }, (_, i) => new FakeNode(t, link, `sfu-${i}`));
  const there = new Set<FakeNode>();
  const agree = async (what: string) => {
    const truth = new Set([...there].map(({ nodeId }) => nodeId));
    await until(`signaling to see ${what}`, () => isDeepStrictEqual(new Set(ids()), truth), 5_000);
  };
  for (const node of nodes) {
    await node.start();
    there.add(node);
  }
  await agree('all fifty');
  for (let round = 0; round < 4; round++) {
    for (const [i, node] of nodes.entries()) {
      // Every third one changes its mind each round, some by ending in order, some by being killed.
      if ((i + round) % 3 !== 0) continue;
      if (there.delete(node)) await (i % 2 === 0 ? node.end() : node.kill());
      else {
        await node.start();
        there.add(node);
      }
    }
    await agree(`those of round ${round}`);
  }
  assert.equal(there.size, 17);
  assert.equal(new Set(told.filter((it) => it.startsWith('up'))).size, 50);
});

test('Redis is where they meet: a node that is no longer there, or all of them, keep the links that are up', async (t) => {
  const redis = await startRedis(t);
  const link = await redis.link({ prefix: PREFIX });
  const { registry, told, ids, looked } = signalingOf(t, await redis.link({ prefix: PREFIX }));
  const [one, two] = [new FakeNode(t, link, 'sfu-1'), new FakeNode(t, link, 'sfu-2')];
  await one.start();
  await two.start();
  await until('both', () => ids().length === 2);
  one.silence();
  await link.call((client) => client.del(keys.node('sfu-1')));
  await looked(3);
  assert.deepEqual(new Set(ids()), new Set(['sfu-1', 'sfu-2']));
  await redis.stop();
  await until('redis to be missed', () => !link.isUp);
  assert.deepEqual(await registry.request('sfu-2', 'room:close', { sfuRoomId: 'room' }), {});
  await redis.start();
  await looked(3);
  assert.deepEqual(new Set(ids()), new Set(['sfu-1', 'sfu-2']));
  assert.equal(told.length, 2);
});

test('a node that neither answers nor is registered is lost before its grace is over, and no longer looked for', async (t) => {
  const redis = await startRedis(t);
  const link = await redis.link({ prefix: PREFIX });
  const { told, ids, looked } = signalingOf(t, await redis.link({ prefix: PREFIX }));
  const node = new FakeNode(t, link, 'sfu-1');
  await node.start();
  await until('it', () => ids().length === 1);
  // A machine that is gone refuses nothing.
  node.server.isHung = true;
  node.server.drop();
  await until('the link to be down', () => ids().length === 0);
  await looked(2);
  assert.deepEqual(told, ['up sfu-1']);
  node.silence();
  await until('it to be lost', () => told.includes('lost sfu-1'));
  await looked(2);
  const before = node.server.calls;
  await looked(3);
  assert.equal(node.server.calls, before);
});

test('a node that is listed and registered has one link; one that comes back elsewhere is not lost', async (t) => {
  const redis = await startRedis(t);
  const link = await redis.link({ prefix: PREFIX });
  const node = new FakeNode(t, link, 'sfu-1');
  await node.server.start();
  const urls = [node.server.url.replace('127.0.0.1', 'localhost')];
  const { told, ids, looked } = signalingOf(t, await redis.link({ prefix: PREFIX }), { urls });
  await until('it', () => ids().length === 1);
  await node.say({ ...node.server.state, url: node.server.url });
  await looked(2);
  assert.equal(node.server.auths.length, 1);

  const elsewhere = new FakeNode(t, link, 'sfu-1');
  await elsewhere.start();
  node.server.isHung = true;
  node.server.drop();
  await until('the other one', () => told.length === 2);
  await looked(2);
  assert.deepEqual(told, ['up sfu-1', 'up sfu-1']);
});

test('a record that cannot be true is passed over, with one warning', async (t) => {
  const redis = await startRedis(t);
  const link = await redis.link({ prefix: PREFIX });
  const lines: string[] = [];
  const logger = createLogger({ level: 'warn', write: (line) => lines.push(line) });
  const { ids, looked } = signalingOf(t, await redis.link({ prefix: PREFIX }), { logger });
  const good = new FakeNode(t, link, 'good');
  await good.start();
  const of = (nodeId: string) => ({ ...good.server.state, nodeId });
  const lies: Record<string, object> = {
    negative: { ...of('negative'), peers: -1 },
    huge: { ...of('huge'), capacity: 1e300 },
    endless: { ...of('endless'), load: null },
    nowhere: { ...of('nowhere'), url: '' },
    elsewhere: { ...of('elsewhere'), url: 'javascript:alert(1)' },
    another: of('good'),
    empty: [],
  };
  for (const [nodeId, record] of Object.entries(lies)) {
    await link.call((client) => client.set(keys.node(nodeId), JSON.stringify(record)));
    await link.call((client) => client.sadd(keys.nodes, nodeId));
  }
  await link.call((client) => client.set(keys.node('noise'), 'not JSON'));
  await link.call((client) => client.sadd(keys.nodes, 'noise'));
  await looked(3);
  assert.deepEqual(ids(), ['good']);
  assert.equal(lines.length, 8);
  const warned = lines.map((line) => JSON.parse(line).sfuNodeId);
  assert.deepEqual(new Set(warned), new Set([...Object.keys(lies), 'noise']));
});

test('a record whose address leads to somebody else makes no node of it', async (t) => {
  const redis = await startRedis(t);
  const link = await redis.link({ prefix: PREFIX });
  const { registry, ids, looked } = signalingOf(t, await redis.link({ prefix: PREFIX }));
  const [good, stranger] = [new FakeNode(t, link, 'good'), new FakeNode(t, link, 'stranger')];
  await good.start();
  Object.assign(stranger.server, { isLiar: true, secret: 'a guess' });
  await stranger.server.start();
  await until('the good one', () => ids().length === 1);
  const ghosts = {
    one: good.server.url,
    two: good.server.url.replace('127.0.0.1', 'localhost'),
    three: stranger.server.url,
  };
  for (const [nodeId, url] of Object.entries(ghosts)) {
    await link.call((client) => client.set(keys.node(nodeId), JSON.stringify({ ...good.server.state, nodeId, url })));
    await link.call((client) => client.sadd(keys.nodes, nodeId));
  }
  await looked(3);
  await until('the stranger to be called', () => stranger.server.auths.length > 0);
  assert.deepEqual(ids(), ['good']);
  for (const nodeId of Object.keys(ghosts)) {
    await assert.rejects(registry.request(nodeId, 'room:close', { sfuRoomId: 'room' }), { code: 'sfu_unavailable' });
  }
  assert.deepEqual(await registry.request('good', 'room:close', { sfuRoomId: 'room' }), {});
  assert.deepEqual(stranger.server.asked, []);
});

test('who looks for a node before anyone has looked who is there waits', async (t) => {
  const redis = await startRedis(t);
  const link = await redis.link({ prefix: PREFIX });
  const node = new FakeNode(t, link, 'sfu-1');
  node.server.handlers.set('room:open', () => ({
    ok: true,
    data: {
      routerRtpCapabilities: {
        codecs: [{ kind: 'audio', mimeType: 'audio/opus', preferredPayloadType: 100, clockRate: 48_000, channels: 2 }],
      },
      peers: [],
      forwarding: { generation: 0, slots: [] },
    },
  }));
  await node.start();
  const { registry } = signalingOf(t, await redis.link({ prefix: PREFIX }));
  assert.equal((await registry.open('room')).nodeId, 'sfu-1');
});
