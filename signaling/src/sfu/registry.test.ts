import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { createLogger, FakeClock, silentLogger, systemClock } from '@parley/shared/runtime';
import { until } from '../testing/until.ts';
import { FakeControlServer } from './control-server.fake.ts';
import { SfuRegistry, type SfuRegistryOptions } from './registry.ts';

const capabilities = {
  codecs: [{ kind: 'audio', mimeType: 'audio/opus', preferredPayloadType: 100, clockRate: 48_000, channels: 2 }],
};
const forwarding = { generation: 0, slots: [] };
const opened = { ok: true as const, data: { routerRtpCapabilities: capabilities, peers: [], forwarding } };

async function serverOf(t: TestContext, nodeId: string): Promise<FakeControlServer> {
  const server = new FakeControlServer(nodeId);
  for (const name of ['room:open', 'room:adopt']) server.handlers.set(name, () => opened);
  await server.start();
  t.after(() => server.stop());
  return server;
}

/** A registry, and all it tells. */
function registryOf(t: TestContext, urls: string[], options: Partial<SfuRegistryOptions> = {}) {
  const registry = new SfuRegistry({
    urls,
    isFollowing: false,
    region: '',
    nodeId: 'signaling-1',
    secret: 'secret',
    clock: systemClock,
    logger: silentLogger,
    requestTimeoutMs: 5_000,
    graceMs: 10_000,
    refusedGraceMs: 3_000,
    linkWaitMs: 5_000,
    ...options,
  });
  t.after(() => registry.close());
  const told: string[] = [];
  registry.events.on('nodeUp', (nodeId) => told.push(`up ${nodeId}`));
  registry.events.on('nodeLost', (nodeId) => told.push(`lost ${nodeId}`));
  registry.events.on('roomClosed', ({ sfuRoomId, nodeId, reason }) => told.push(`${sfuRoomId} ${nodeId} ${reason}`));
  registry.events.on('producerClosed', ({ producerId }) => told.push(producerId));
  registry.events.on('forwarding', ({ forwarding }) => told.push(`slots ${forwarding.slots}`));
  registry.events.on('peersLost', ({ peerIds }) => told.push(`without ${peerIds}`));
  registry.events.on('nodeDraining', (nodeId) => told.push(`draining ${nodeId}`));
  return { registry, told, hears: (what: string) => until(what, () => told.includes(what)) };
}

describe('the control link', () => {
  test('introduces itself, and knows the node once that has said who it is', async (t) => {
    const server = await serverOf(t, 'sfu-1');
    const { registry, hears } = registryOf(t, [server.url]);
    await hears('up sfu-1');
    const [{ since = 0, ...state } = {}] = registry.states();
    assert.deepEqual(state, server.state);
    assert.ok(since > 0);
    const { nodeId, instanceId, ...rest } = server.auths[0] as Record<string, string>;
    assert.deepEqual([nodeId, typeof instanceId, Object.keys(rest)], ['signaling-1', 'string', ['nonce']]);
    server.emit('node:state', { ...server.state, peers: 7 });
    await until('the new state', () => registry.states()[0]?.peers === 7);
  });

  test('hands on requests and answers, errors included', async (t) => {
    const server = await serverOf(t, 'sfu-1');
    const { registry, hears } = registryOf(t, [server.url]);
    await hears('up sfu-1');
    const at = { sfuRoomId: 'room', peerId: 'ann' };
    assert.deepEqual(await registry.request('sfu-1', 'peer:close', at), {});
    assert.deepEqual(server.asked, [{ name: 'peer:close', input: at }]);
    server.handlers.set('peer:close', () => ({
      ok: false,
      error: { code: 'not_found', message: 'No such peer.', retryable: false },
    }));
    await assert.rejects(registry.request('sfu-1', 'peer:close', at), { name: 'ParleyError', code: 'not_found' });
    await assert.rejects(registry.request('sfu-2', 'peer:close', at), { code: 'sfu_unavailable' });
  });

  test('an answer that does not parse is our fault, not the client’s', async (t) => {
    const server = await serverOf(t, 'sfu-1');
    server.handlers.set('peer:produce', () => ({ ok: true, data: { producer: 1 } }));
    const { registry, hears } = registryOf(t, [server.url]);
    await hears('up sfu-1');
    const input = { sfuRoomId: 'room', peerId: 'ann', transportId: 't', rtpParameters: {} as never, paused: false };
    await assert.rejects(registry.request('sfu-1', 'peer:produce', input), /peer:produce: the SFU's answer/);
  });

  test('a request that is not answered ends', async (t) => {
    const server = await serverOf(t, 'sfu-1');
    server.handlers.set('room:close', () => undefined);
    const { registry, hears } = registryOf(t, [server.url], { requestTimeoutMs: 30 });
    await hears('up sfu-1');
    await assert.rejects(registry.request('sfu-1', 'room:close', { sfuRoomId: 'room' }), { code: 'timeout' });
  });

  test('news of the node is handed on; what does not parse is not', async (t) => {
    const server = await serverOf(t, 'sfu-1');
    const { told, hears } = registryOf(t, [server.url]);
    await hears('up sfu-1');
    server.emit('room:closed', { sfuRoomId: 'room' });
    server.emit('room:closed', { sfuRoomId: 'room', reason: 'worker_died' });
    server.emit('producer:closed', { sfuRoomId: 'room', peerId: 'ann', producerId: 'mic' });
    server.emit('room:forwarding', { sfuRoomId: 'room', forwarding: { generation: 1, slots: ['one', 'two'] } });
    server.emit('peer:lost', { sfuRoomId: 'room', peerIds: ['ann'] });
    await hears('without ann');
    assert.deepEqual(told, ['up sfu-1', 'room sfu-1 worker_died', 'mic', 'slots one,two', 'without ann']);
  });

  test('that a node drains is told once, and again when it comes back into reach', async (t) => {
    const server = await serverOf(t, 'sfu-1');
    const { told, hears } = registryOf(t, [server.url]);
    await hears('up sfu-1');
    server.state = { ...server.state, draining: true };
    server.emit('node:state', server.state);
    server.emit('node:state', server.state);
    await hears('draining sfu-1');
    server.drop();
    await until('the node to be up again', () => told.length === 4);
    assert.deepEqual(told, ['up sfu-1', 'draining sfu-1', 'up sfu-1', 'draining sfu-1']);
  });

  test('a short loss is no loss: the node is up again, and nothing was lost', async (t) => {
    const server = await serverOf(t, 'sfu-1');
    const { registry, told, hears } = registryOf(t, [server.url]);
    await hears('up sfu-1');
    server.drop();
    await until('the link to be down', () => registry.states().length === 0);
    await assert.rejects(registry.request('sfu-1', 'room:close', { sfuRoomId: 'room' }), { code: 'sfu_unavailable' });
    await until('the node to be up again', () => told.length === 2);
    assert.deepEqual(told, ['up sfu-1', 'up sfu-1']);
  });

  test('a node out of reach for longer than the grace is lost', async (t) => {
    const clock = new FakeClock();
    const server = await serverOf(t, 'sfu-1');
    const { registry, told, hears } = registryOf(t, [server.url], { clock, refusedGraceMs: 1e9 });
    await hears('up sfu-1');
    await server.stop();
    await until('the link to be down', () => registry.states().length === 0);
    clock.advance(9_999);
    assert.deepEqual(told, ['up sfu-1']);
    clock.advance(1);
    assert.deepEqual(told, ['up sfu-1', 'lost sfu-1']);
    await server.start();
    await until('the node to be up again', () => told.length === 3);
  });

  test('a node whose host refuses connections is lost sooner: nothing is there that could forward', async (t) => {
    const clock = new FakeClock();
    const server = await serverOf(t, 'sfu-1');
    const { registry, hears } = registryOf(t, [server.url], { clock });
    await hears('up sfu-1');
    await server.stop();
    await until('the link to be down', () => registry.states().length === 0);
    clock.advance(3_000);
    await hears('lost sfu-1');
  });

  test('a node that was killed is looked for at once, and given up', async (t) => {
    const server = await serverOf(t, 'sfu-1');
    const { told, hears } = registryOf(t, [server.url], { refusedGraceMs: 100, graceMs: 1e9 });
    await hears('up sfu-1');
    await server.stop();
    await hears('lost sfu-1');
    await server.start();
    await until('the node to be up again', () => told.length === 3);
    assert.deepEqual(told, ['up sfu-1', 'lost sfu-1', 'up sfu-1']);
  });

  test('another node at the same address means that the first is lost', async (t) => {
    const server = await serverOf(t, 'sfu-1');
    const { told, hears } = registryOf(t, [server.url]);
    await hears('up sfu-1');
    await server.stop();
    server.state = { ...server.state, nodeId: 'sfu-2' };
    await server.start();
    await hears('up sfu-2');
    assert.deepEqual(told, ['up sfu-1', 'lost sfu-1', 'up sfu-2']);
  });

  test('a node that does not accept the secret is tried again; the secret is neither logged nor sent', async (t) => {
    const lines: string[] = [];
    const logger = createLogger({ level: 'debug', write: (line) => lines.push(line) });
    const clock = new FakeClock();
    const server = await serverOf(t, 'sfu-1');
    server.secret = 'another';
    const { hears } = registryOf(t, [server.url], { secret: 'a-very-secret-secret', clock, logger });
    await until('the refusal', () => lines.some((line) => line.includes('refuses us')));
    server.secret = 'a-very-secret-secret';
    clock.advance(2_000);
    await hears('up sfu-1');
    assert.ok(!lines.join('').includes('a-very-secret-secret'));
    assert.ok(!JSON.stringify(server.auths).includes('a-very-secret-secret'));
  });

  test('who takes a node’s address without the secret is not listened to and asked nothing', async (t) => {
    const lines: string[] = [];
    const logger = createLogger({ level: 'debug', write: (line) => lines.push(line) });
    const clock = new FakeClock();
    const server = await serverOf(t, 'sfu-1');
    const { registry, told, hears } = registryOf(t, [server.url], { clock, logger });
    await hears('up sfu-1');
    await server.stop();
    await until('the link to be down', () => registry.states().length === 0);
    Object.assign(server, { isLiar: true, secret: 'a guess' });
    await server.start();
    await until('the stranger to be found out', () => lines.some((line) => line.includes('a stranger answers')));
    server.emit('room:closed', { sfuRoomId: 'room', reason: 'worker_died' });
    await assert.rejects(registry.request('sfu-1', 'room:close', { sfuRoomId: 'room' }), { code: 'sfu_unavailable' });
    Object.assign(server, { isLiar: false, secret: 'secret' });
    clock.advance(2_000);
    await until('the node to be up again', () => told.length === 2);
    assert.deepEqual(told, ['up sfu-1', 'up sfu-1']);
    assert.deepEqual(server.asked, []);
  });
});

test('a node found elsewhere is asked what became of its rooms once its old link is down', async (t) => {
  const [before, after] = [await serverOf(t, 'sfu-1'), await serverOf(t, 'sfu-1')];
  const { registry, told, hears } = registryOf(t, [before.url]);
  await hears('up sfu-1');
  registry.follow([{ nodeId: 'other', url: after.url }]);
  await until('both to be up', () => told.length === 2);
  await registry.request('sfu-1', 'room:close', { sfuRoomId: 'room' });
  assert.equal(before.asked.length, 1);
  told.length = 0;
  await before.stop();
  await hears('up sfu-1');
  await registry.request('sfu-1', 'room:close', { sfuRoomId: 'room' });
  assert.equal(after.asked.length, 1);
  assert.deepEqual(told, ['up sfu-1']);
});

describe('nodes that do not tell the truth', () => {
  const lies: Record<string, object> = {
    'fewer than nobody': { peers: -1 },
    'half a room': { rooms: 0.5 },
    'endlessly many': { capacity: 1e300 },
    'no capacity': { capacity: undefined },
    // NaN and Infinity, as they arrive.
    'no number': { load: null },
    'less than nothing to do': { cpu: -0.1 },
    'a text': { peers: '0' },
    'nobody’s name': { nodeId: '' },
    'no place to connect to': { url: 'javascript:alert(1)' },
  };

  for (const [what, lie] of Object.entries(lies)) {
    test(`${what}: such a state is passed over, first or later`, async (t) => {
      const [honest, liar] = [await serverOf(t, 'sfu-1'), await serverOf(t, 'sfu-2')];
      const truth = liar.state;
      liar.state = { ...truth, ...lie };
      const { registry, hears } = registryOf(t, [liar.url, honest.url]);
      await hears('up sfu-1');
      await until('the liar to be linked', () => liar.isProven);
      assert.deepEqual(
        registry.states().map(({ nodeId }) => nodeId),
        ['sfu-1'],
      );
      assert.equal((await registry.open('room')).nodeId, 'sfu-1');
      liar.emit('node:state', { ...truth, load: 0.9 });
      await hears('up sfu-2');
      liar.emit('node:state', { ...truth, ...lie });
      liar.emit('producer:closed', { sfuRoomId: 'room', peerId: 'ann', producerId: 'after the lie' });
      await hears('after the lie');
      assert.deepEqual(
        registry.states().map(({ nodeId, load }) => [nodeId, load]),
        [
          ['sfu-2', 0.9],
          ['sfu-1', 0],
        ],
      );
    });
  }

  test('one that says it is idle, and is full, keeps nobody from the others', async (t) => {
    const [busy, liar] = [await serverOf(t, 'sfu-1'), await serverOf(t, 'sfu-2')];
    busy.state = { ...busy.state, load: 0.9, peers: 90 };
    liar.state = { ...liar.state, capacity: 10_000_000 };
    liar.handlers.set('room:open', () => ({
      ok: false,
      error: { code: 'server_full', message: 'Full.', retryable: true },
    }));
    const { registry, hears } = registryOf(t, [busy.url, liar.url]);
    await Promise.all([hears('up sfu-1'), hears('up sfu-2')]);
    for (const room of ['one', 'two', 'three']) assert.equal((await registry.open(room)).nodeId, 'sfu-1');
  });

  test('one that takes another’s name is neither asked nor heard in its place', async (t) => {
    const [liar, real] = [await serverOf(t, 'sfu-1'), await serverOf(t, 'sfu-2')];
    // All within one and the same millisecond: who was there first is not left to a clock.
    const { registry, told, hears } = registryOf(t, [liar.url, real.url], { clock: new FakeClock() });
    await Promise.all([hears('up sfu-1'), hears('up sfu-2')]);
    liar.emit('node:state', { ...real.state, region: 'nowhere', draining: true });
    await hears('lost sfu-1');
    assert.ok(!told.includes('draining sfu-2'));
    told.length = 0;
    liar.emit('room:closed', { sfuRoomId: 'room', reason: 'worker_died' });
    liar.emit('producer:closed', { sfuRoomId: 'room', peerId: 'ann', producerId: 'mic' });
    liar.emit('room:forwarding', { sfuRoomId: 'room', forwarding: { generation: 9, slots: ['x'] } });
    liar.emit('peer:lost', { sfuRoomId: 'room', peerIds: ['ann'] });
    // Itself again, it is heard: after all of that.
    liar.emit('node:state', liar.state);
    await hears('up sfu-1');
    assert.deepEqual(told, ['up sfu-1']);
    liar.emit('node:state', { ...real.state, region: 'nowhere' });
    await hears('lost sfu-1');
    assert.deepEqual(
      registry.states().map(({ nodeId, region }) => [nodeId, region]),
      [['sfu-2', '']],
    );
    await registry.request('sfu-2', 'room:close', { sfuRoomId: 'room' });
    assert.deepEqual(liar.asked, []);
    assert.equal(real.asked.length, 1);
  });
});

describe('opening and adopting rooms', () => {
  test('without any node there is no SFU, at once', async (t) => {
    const { registry } = registryOf(t, []);
    await assert.rejects(registry.open('room'), { code: 'sfu_unavailable' });
    await assert.rejects(registry.adopt({ sfuRoomId: 'room', nodeId: 'sfu-1' }), { code: 'sfu_unavailable' });
  });

  test('a node that is still connecting is waited for', async (t) => {
    const server = await serverOf(t, 'sfu-1');
    const { registry } = registryOf(t, [server.url]);
    assert.deepEqual(registry.states(), []);
    const [handle, { peers }] = await Promise.all([
      registry.open('room'),
      registry.adopt({ sfuRoomId: 'older', nodeId: 'sfu-1' }),
    ]);
    assert.deepEqual(handle, { sfuRoomId: 'room', nodeId: 'sfu-1' });
    assert.deepEqual(peers, []);
  });

  test('… but not for ever', async (t) => {
    const { registry } = registryOf(t, ['http://127.0.0.1:9'], { linkWaitMs: 20 });
    await assert.rejects(registry.open('room'), { code: 'sfu_unavailable' });
    await assert.rejects(registry.adopt({ sfuRoomId: 'room', nodeId: 'sfu-1' }), { code: 'sfu_unavailable' });
  });

  test('a node that fails is passed over for the next, and told to forget the room', async (t) => {
    const [one, two] = [await serverOf(t, 'sfu-1'), await serverOf(t, 'sfu-2')];
    one.handlers.set('room:open', () => ({
      ok: false,
      error: { code: 'internal', message: 'No.', retryable: true },
    }));
    const { registry, hears } = registryOf(t, [one.url, two.url]);
    await Promise.all([hears('up sfu-1'), hears('up sfu-2')]);
    assert.deepEqual(await registry.open('room'), { sfuRoomId: 'room', nodeId: 'sfu-2' });
    await until('the first to be told', () => one.asked.some(({ name }) => name === 'room:close'));
    one.handlers.set('room:adopt', () => ({
      ok: false,
      error: { code: 'not_found', message: 'No such room.', retryable: false },
    }));
    await assert.rejects(registry.adopt({ sfuRoomId: 'room', nodeId: 'sfu-1' }), { code: 'not_found' });
  });

  test('a room that is to leave a node is not opened there', async (t) => {
    const [one, two] = [await serverOf(t, 'sfu-1'), await serverOf(t, 'sfu-2')];
    const { registry, hears } = registryOf(t, [one.url, two.url]);
    await Promise.all([hears('up sfu-1'), hears('up sfu-2')]);
    const elsewhere = await registry.open('room', { not: new Set(['sfu-1']) });
    assert.equal(elsewhere.nodeId, 'sfu-2');
    const nowhere = registry.open('room', { not: new Set(['sfu-1', 'sfu-2']) });
    await assert.rejects(nowhere, { code: 'sfu_unavailable' });
  });
});
