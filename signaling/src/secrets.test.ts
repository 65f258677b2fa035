import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { createAccessToken } from '@parley/shared/access-token';
import { ERRORS, PROTOCOL_VERSION } from '@parley/shared/protocol';
import { secretSettings } from './config.ts';
import { FakeControlServer } from './sfu/control-server.fake.ts';
import { TestClient } from './testing/client.ts';
import { startProcess } from './testing/process.ts';
import { until } from './testing/until.ts';

const API_KEY = 'key-one';
const secrets = new Map(secretSettings().map((name) => [name, randomBytes(24).toString('base64url')]));
const apiSecret = secrets.get('API_KEYS') ?? '';
/** What those settings that are more than a secret need to be one. */
const AROUND: Readonly<Record<string, (secret: string) => string>> = { API_KEYS: (one) => `${API_KEY}:${one}` };
const environment = {
  LOG_LEVEL: 'debug',
  NODE_ENV: 'production',
  SUPABASE_URL: 'https://127.0.0.1:9',
  RESUME_WINDOW_MS: '200',
  ...Object.fromEntries([...secrets].map(([name, value]) => [name, AROUND[name]?.(value) ?? value])),
};

/** Whole, or the part of a token that makes it one: nobody else must have that either. */
function partsOf(text: string): string[] {
  return [text, text.split('.').at(-1) ?? text].filter(({ length }) => length >= 8);
}

/** Not one of these words is in any of these texts. */
function keepsQuiet(words: ReadonlyMap<string, string>, texts: Readonly<Record<string, string>>): void {
  for (const [where, text] of Object.entries(texts)) {
    assert.ok(text.length > 0, `${where} is empty`);
    for (const [what, word] of words) {
      for (const part of partsOf(word)) {
        const line = text.split('\n').find((it) => it.includes(part));
        assert.ok(line === undefined, `${what} is in ${where}: ${line?.replaceAll(part, '…')}`);
      }
    }
  }
}

/** Connects with what it is given; the client, in or refused. */
async function knock(t: TestContext, url: string, auth: Record<string, unknown>): Promise<TestClient> {
  const client = new TestClient(url, { auth: { versions: [PROTOCOL_VERSION], ...auth } });
  t.after(() => client.close());
  await client.connected().catch(() => {});
  return client;
}

test('no secret and no token is in the log or the metrics, whatever goes wrong', async (t) => {
  const control = new FakeControlServer('sfu-1');
  control.secret = secrets.get('CONTROL_SECRET') ?? '';
  await control.start();
  t.after(() => control.stop());
  const stranger = new FakeControlServer('sfu-2');
  await stranger.start();
  t.after(() => stranger.stop());
  const server = startProcess(t, { ...environment, SFU_URLS: `${control.url},${stranger.url},http://127.0.0.1:9` });
  const url = `http://127.0.0.1:${(await server.listening).port}`;
  const words = new Map(secrets);

  const token = (options: object) => createAccessToken({ apiKey: API_KEY, apiSecret, userId: 'ann', ...options });
  const tokens = {
    'a good token': token({ name: 'Ann', grants: { moderate: true } }),
    'a token that has ended': createAccessToken({ apiKey: API_KEY, apiSecret, userId: 'ben' }, () => 1_000_000),
    'a token of another key': token({ apiSecret: randomBytes(24).toString('base64url') }),
    'a token of an unknown key': token({ apiKey: 'key-two' }),
    'a token that is none': randomBytes(30).toString('base64url'),
  };
  for (const [what, one] of Object.entries(tokens)) {
    words.set(what, one);
    const client = await knock(t, url, { token: one });
    if (client.socket.connected) await client.ask('session:refresh', { token: one });
  }
  const session = randomBytes(30).toString('base64url');
  words.set('a session that is none', session);
  await knock(t, url, { session });

  const ann = await knock(t, url, {});
  await until('a welcome', () => ann.welcome !== undefined);
  words.set('a session', ann.welcome?.session ?? '');
  await ann.join('lobby', 'Ann');
  words.set('a resume token', ann.joined?.resumeToken ?? '');
  words.set('a topology token', ann.topologyToken);
  for (const wrong of [tokens['a good token'], `${ann.joined?.resumeToken}x`, 'x']) {
    await ann.ask('room:resume', { ...ann.resumeInput, roomId: 'attic', resumeToken: wrong });
    await ann.ask('session:refresh', { token: wrong });
  }
  await ann.ask('room:join', { ...ann.resumeInput, joinId: {} });
  await ann.ask(tokens['a good token'], { token: tokens['a good token'] });
  ann.cut();

  for (const key of [secrets.get('ADMIN_KEY') ?? '', 'wrong', tokens['a good token']]) {
    const headers = { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' };
    for (const path of ['/v1/rooms', '/v1/nothing', '/v1/users/ann/events', `/v1/rooms/${encodeURIComponent(key)}`]) {
      await fetch(`${url}${path}`, { headers });
      await fetch(`${url}${path}`, { headers, method: 'POST', body: JSON.stringify({ name: key, data: key }) });
      await fetch(`${url}${path}`, { headers, method: 'POST', body: `{"name":"${key}` });
    }
  }
  const metrics = await (await fetch(`${url}/metrics`)).text();
  await until('both SFUs to have been asked', () => control.auths.length > 0 && stranger.auths.length > 0);
  server.child.kill('SIGTERM');
  await server.exited;
  const printed = server.printed();
  assert.match(printed, /"level":"debug"/);
  keepsQuiet(words, { 'the log': printed, 'the metrics': metrics });
  assert.ok(
    Object.keys(ERRORS).some((code) => printed.includes(`"${code}"`)),
    'something was refused',
  );
});

test('nor is the password of a Redis that is out of reach', async (t) => {
  const password = randomBytes(12).toString('hex');
  const server = startProcess(t, { ...environment, REDIS_URL: `redis://parley:${password}@127.0.0.1:9` });
  await server.listening.catch(() => {});
  await until('Redis to be missed', () => /redis/i.test(server.printed()));
  server.child.kill('SIGTERM');
  await server.exited;
  keepsQuiet(new Map([...secrets, ['the password', password]]), { 'the log': server.printed() });
});

test('nor is anything of a configuration that is refused', async (t) => {
  const wrong = {
    ...environment,
    PORT: 'x',
    API_KEYS: apiSecret,
    REDIS_URL: `redis:/${apiSecret}`,
    ICE_SERVERS: `{${apiSecret}`,
  };
  const server = startProcess(t, wrong);
  assert.equal((await server.exited).code, 64);
  keepsQuiet(secrets, { 'what it printed': server.printed() });
});
