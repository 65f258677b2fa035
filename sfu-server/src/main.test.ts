import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { test } from 'node:test';
import { ControlLink } from './testing/link.ts';
import { TestPeer } from './testing/media.ts';
import { runs, SfuProcess } from './testing/process.ts';
import { SECRET } from './testing/sfu.ts';
import { until } from './testing/until.ts';

for (const [how, signal, env] of [
  ['SIGINT', 'SIGINT', {}],
  ['SIGTERM without patience', 'SIGTERM', { DRAIN_DEADLINE_MS: '0' }],
] as const) {
  test(`${how}: it says that it drains, ends its rooms, exits with 0 and leaves no worker`, async (t) => {
    const sfu = new SfuProcess(t, { NODE_ID: 'north-1', ...env });
    const link = await ControlLink.open({ port: await sfu.port(), secret: SECRET });
    t.after(() => link.close());
    await link.request('room:open', { sfuRoomId: 'room' });
    await (await TestPeer.open(link, 'room', 'ann')).produce();
    assert.equal(sfu.workerPids.length, 2);

    sfu.child.kill(signal);
    assert.deepEqual(await sfu.end(), { code: 0, signal: null });
    await link.event('node:state', ({ nodeId, draining }) => nodeId === 'north-1' && draining);
    assert.deepEqual(await link.event('room:closed'), { sfuRoomId: 'room', reason: 'shutdown' });
    assert.ok(!sfu.workerPids.some(runs));
    assert.equal(sfu.stderr, '');
  });
}

for (const how of ['SIGTERM', 'node:drain'] as const) {
  test(`${how}: it takes no new room, keeps those it has, and ends when they have left`, async (t) => {
    const sfu = new SfuProcess(t);
    const link = await ControlLink.open({ port: await sfu.port(), secret: SECRET });
    t.after(() => link.close());
    await link.request('room:open', { sfuRoomId: 'room' });
    const ann = await TestPeer.open(link, 'room', 'ann');
    if (how === 'SIGTERM') sfu.child.kill('SIGTERM');
    else await link.request('node:drain', { deadlineMs: null });
    await link.event('node:state', ({ draining }) => draining);
    await assert.rejects(link.request('room:open', { sfuRoomId: 'another' }), { code: 'sfu_unavailable' });
    await ann.produce();
    await TestPeer.open(link, 'room', 'ben');
    assert.equal(sfu.child.exitCode, null);
    await link.request('room:close', { sfuRoomId: 'room' });
    assert.deepEqual(await sfu.end(), { code: 0, signal: null });
    assert.ok(!link.events.some(({ name }) => name === 'room:closed'));
    assert.ok(!sfu.workerPids.some(runs));
  });
}

test('told to drain a second time it ends at once; so it does at its deadline, and without rooms', async (t) => {
  const twice = new SfuProcess(t);
  const link = await ControlLink.open({ port: await twice.port(), secret: SECRET });
  t.after(() => link.close());
  await link.request('room:open', { sfuRoomId: 'room' });
  twice.child.kill('SIGTERM');
  await link.event('node:state', ({ draining }) => draining);
  twice.child.kill('SIGTERM');
  assert.deepEqual(await twice.end(), { code: 0, signal: null });

  const late = new SfuProcess(t);
  const another = await ControlLink.open({ port: await late.port(), secret: SECRET });
  t.after(() => another.close());
  await another.request('room:open', { sfuRoomId: 'room' });
  await another.request('node:drain', { deadlineMs: 10 });
  assert.deepEqual(await late.end(), { code: 0, signal: null });
  assert.deepEqual(await another.event('room:closed'), { sfuRoomId: 'room', reason: 'shutdown' });

  const idle = new SfuProcess(t);
  await idle.port();
  idle.child.kill('SIGTERM');
  assert.deepEqual(await idle.end(), { code: 0, signal: null });
});

test('asked to stop twice, or while it starts, it still exits with 0', async (t) => {
  const twice = new SfuProcess(t);
  await twice.port();
  twice.child.kill('SIGTERM');
  twice.child.kill('SIGINT');
  assert.deepEqual(await twice.end(), { code: 0, signal: null });

  const early = new SfuProcess(t);
  await early.logged('worker started');
  early.child.kill('SIGTERM');
  assert.deepEqual(await early.end(), { code: 0, signal: null });
  assert.ok(!early.workerPids.some(runs));
});

test('Ctrl-C in a terminal, which goes to the workers too, is a shutdown and not a disaster', async (t) => {
  const sfu = new SfuProcess(t);
  const link = await ControlLink.open({ port: await sfu.port(), secret: SECRET });
  t.after(() => link.close());
  await link.request('room:open', { sfuRoomId: 'room' });
  sfu.interruptGroup();
  assert.deepEqual(await sfu.end(), { code: 0, signal: null });
  assert.deepEqual(await link.event('room:closed'), { sfuRoomId: 'room', reason: 'shutdown' });
  assert.ok(!sfu.entries.some(({ level }) => level === 'error'), sfu.stdout);
});

test('a link whose other end hangs does not keep it from ending', async (t) => {
  const sfu = new SfuProcess(t);
  const stranger = connect(await sfu.port(), '127.0.0.1');
  t.after(() => stranger.destroy());
  stranger.write(
    'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  const [answer] = await once(stranger, 'data');
  assert.match(String(answer), /101 Switching Protocols/);
  sfu.child.kill('SIGTERM');
  assert.deepEqual(await sfu.end(), { code: 0, signal: null });
});

test('a hung worker does not keep it from ending', async (t) => {
  const sfu = new SfuProcess(t);
  await sfu.port();
  const [hung] = sfu.workerPids;
  assert.ok(hung);
  process.kill(hung, 'SIGSTOP');
  sfu.child.kill('SIGTERM');
  assert.deepEqual(await sfu.end(), { code: 0, signal: null });
  assert.ok(!sfu.workerPids.some(runs));
});

test('killed itself, it leaves no worker either', async (t) => {
  const sfu = new SfuProcess(t);
  await sfu.port();
  sfu.child.kill('SIGKILL');
  await sfu.end();
  await until('the workers to end', () => !sfu.workerPids.some(runs));
});

test('what a worker says before it dies is in the log', async (t) => {
  const sfu = new SfuProcess(t);
  await sfu.port();
  const [pid] = sfu.workerPids;
  assert.ok(pid);
  process.kill(pid, 'SIGKILL');
  await sfu.logged('worker died');
  const { text } = await sfu.logged('mediasoup');
  assert.match(String(text), new RegExp(`died unexpectedly \\[pid:${pid}`));
  await until('it to be replaced', () => sfu.workerPids.length === 3);
});

test('one line says that it listens, whatever the log level', async (t) => {
  const sfu = new SfuProcess(t, { LOG_LEVEL: 'silent', NODE_ID: 'north-1' });
  const port = await sfu.port();
  assert.equal(sfu.entries.length, 1);
  assert.partialDeepStrictEqual(sfu.entries[0], { level: 'info', message: 'listening', port, nodeId: 'north-1' });
});

test('what is wrong with its settings, ports or worker is said in one sentence, and it exits with 64 or 1', async (t) => {
  const taken = createServer();
  t.after(() => taken.close());
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const address = taken.address();
  const port = String(typeof address === 'object' && address?.port);
  const cases: [env: Record<string, string>, message: RegExp, code?: number][] = [
    [{ RTC_PORTS: '1' }, /sfu-server: RTC_PORTS is not a setting/, 64],
    [{ NODE_ENV: 'production', CONTROL_SECRET: '' }, /CONTROL_SECRET must be set outside development/, 64],
    [{ PORT: port }, new RegExp(`PORT ${port} on 127.0.0.1 is in use`)],
    [{ RTC_PORT: port, WORKERS: '1' }, new RegExp(`Port ${port} \\(tcp on 127.0.0.1\\) is in use`)],
    [{ MEDIASOUP_WORKER_BIN: '/nowhere' }, /The mediasoup worker did not start.*Tried \/nowhere.*MEDIASOUP_WORKER_BIN/],
  ];
  for (const [env, message, code = 1] of cases) {
    const sfu = new SfuProcess(t, env);
    assert.deepEqual(await sfu.end(), { code, signal: null });
    assert.match(sfu.stderr, message);
    if ('RTC_PORTS' in env) assert.deepEqual(sfu.entries, [], 'of settings nothing but that sentence is said');
    assert.ok(!sfu.workerPids.some(runs));
  }
});
