import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { TestServer } from '../testing/server.ts';

async function withFiles(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'parley-files-'));
  t.after(() => rm(folder, { recursive: true }));
  const [pages, sdk] = [join(folder, 'pages'), join(folder, 'sdk')];
  await mkdir(join(pages, 'assets'), { recursive: true });
  await mkdir(sdk);
  await writeFile(join(pages, 'index.html'), '<title>Parley</title>');
  await writeFile(join(pages, 'assets', 'index-t-jwwaif.js'), 'export {}');
  await writeFile(join(sdk, 'parley-voice.js'), 'export const here = 1');
  await writeFile(join(sdk, 'parley-rolldown-runtime-t-jwwaif.js'), 'export {}');
  const allowed = 'https://app.example.org';
  return TestServer.start(t, { env: { STATIC_DIR: pages, SDK_DIR: sdk, ALLOWED_ORIGINS: allowed } });
}

test('health is OK', async (t) => {
  const server = await TestServer.start(t);
  const response = await fetch(`${server.url}/health`);
  assert.deepEqual([response.status, await response.text()], [200, 'OK']);
});

test('a node is ready until it drains', async (t) => {
  const server = await TestServer.start(t, { env: { DRAIN_MS: '0' } });
  const ready = async () => {
    const response = await fetch(`${server.url}/ready`);
    return [response.status, await response.text()];
  };
  assert.deepEqual(await ready(), [200, 'Ready']);
  await server.drain();
  assert.deepEqual(await ready(), [503, 'Not ready']);
  assert.equal((await fetch(`${server.url}/health`)).status, 200);
});

test('metrics count what happens', async (t) => {
  const server = await TestServer.start(t, { env: { MESH_MAX_PEERS: '1' } });
  const ann = await server.member(t, 'Ann');
  await server.member(t, 'Ben');
  await ann.refusal('room:leave', { roomId: 'nowhere' });
  await ann.refusal('no such request', {});
  for (const [name, value] of [
    ['parley_connections', 2],
    ['parley_participants', 2],
    ['parley_joins_total', 2],
    ['parley_sfu_nodes', 1],
    ['parley_rooms{phase="promoting"}', 1],
    ['parley_rooms{phase="mesh"}', 0],
    ['parley_topology_transitions_total{reason="full"}', 1],
    ['parley_requests_total{request="room:join",code="ok"}', 2],
    ['parley_requests_total{request="room:leave",code="not_in_room"}', 1],
    ['parley_requests_total{request="unknown",code="unknown_request"}', 1],
  ] as const) {
    assert.equal(await server.metric(name), value, name);
  }
  const text = await (await fetch(`${server.url}/metrics`)).text();
  assert.match(text, /nodejs_eventloop_lag_seconds/);
});

test('the demo is one page at every path, its assets are kept for ever', async (t) => {
  const server = await withFiles(t);
  for (const path of ['/', '/r/lobby', '/r/v1.2', '/r/%F0%9F%91%8B', '/r/%zz', '/?room=lobby']) {
    const response = await fetch(server.url + path);
    assert.equal(await response.text(), '<title>Parley</title>', path);
    assert.equal(response.headers.get('cache-control'), 'no-cache');
    const policy = response.headers.get('content-security-policy') ?? '';
    assert.match(policy, /default-src 'self'/);
    assert.match(policy, /connect-src 'self' ws: wss:/);
    assert.match(response.headers.get('permissions-policy') ?? '', /microphone=\(self\)/);
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
  }
  const asset = await fetch(`${server.url}/assets/index-t-jwwaif.js`);
  assert.match(asset.headers.get('cache-control') ?? '', /immutable/);
  assert.equal((await fetch(`${server.url}/assets/missing.js`)).status, 404);
  const outside = await fetch(`${server.url}/..%2f..%2fetc/passwd`);
  assert.ok(!(await outside.text()).includes('root:'));
});

test('files may be built anew, or vanish, while the server runs', async (t) => {
  const server = await TestServer.start(t, { env: { STATIC_DIR: '/nowhere/at/all', SDK_DIR: '/nowhere/either' } });
  for (const path of ['/', '/sdk/parley-voice.js']) assert.equal((await fetch(server.url + path)).status, 404);
  const folder = await mkdtemp(join(tmpdir(), 'parley-files-'));
  t.after(() => rm(folder, { recursive: true }));
  const later = await TestServer.start(t, { env: { STATIC_DIR: folder } });
  assert.equal((await fetch(later.url)).status, 404);
  await writeFile(join(folder, 'index.html'), 'built');
  assert.equal(await (await fetch(later.url)).text(), 'built');
  await fetch(later.url, { headers: { Range: 'bytes=3-1' } }).catch(() => {});
  assert.equal((await fetch(`${later.url}/health`)).status, 200);
});

test('the SDK may be loaded by pages of the allowed origins', async (t) => {
  const server = await withFiles(t);
  const fetchFrom = (Origin: string, path = '/sdk/parley-voice.js') =>
    fetch(server.url + path, { headers: { Origin } });
  const allowed = await fetchFrom('https://app.example.org');
  assert.equal(await allowed.text(), 'export const here = 1');
  assert.equal(allowed.headers.get('access-control-allow-origin'), 'https://app.example.org');
  assert.equal(allowed.headers.get('cross-origin-resource-policy'), 'cross-origin');
  assert.match(allowed.headers.get('content-type') ?? '', /javascript/);
  assert.equal(allowed.headers.get('cache-control'), 'no-cache');
  const part = await fetchFrom('https://app.example.org', '/sdk/parley-rolldown-runtime-t-jwwaif.js');
  assert.match(part.headers.get('cache-control') ?? '', /immutable/);
  const other = await fetchFrom('https://evil.example');
  assert.equal(other.headers.get('access-control-allow-origin'), null);
  assert.equal(other.headers.get('vary'), 'Origin');
  assert.equal((await fetchFrom('https://app.example.org', '/sdk/missing.js')).status, 404);
});

test('what is not there is not found, and nothing is changed by it', async (t) => {
  const server = await TestServer.start(t);
  assert.equal((await fetch(`${server.url}/`)).status, 404);
  assert.equal((await fetch(`${server.url}/sdk/parley-voice.js`)).status, 404);
  const posted = await fetch(`${server.url}/health`, { method: 'POST', body: 'x' });
  assert.deepEqual([posted.status, posted.headers.get('allow')], [405, 'GET, HEAD']);
});
