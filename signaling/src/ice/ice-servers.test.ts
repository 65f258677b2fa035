import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import { PROTOCOL_VERSION } from '@parley/shared/protocol';
import { createLogger, FakeClock } from '@parley/shared/runtime';
import { ConfigError } from '@parley/shared/runtime/environment';
import { readConfig } from '../config.ts';
import { TestServer } from '../testing/server.ts';
import { IceServers } from './ice-servers.ts';

const TURN_SECRET = 'Kq7-one-of-the-tests-4fZ9';
const random = { id: () => 'id', secret: () => 'secret' };
const read = (env: Record<string, string>) => readConfig(env, random).ice;
const urlsOf = (TURN_SERVERS: string) => read({ TURN_SERVERS, TURN_SECRET }).turn?.regions;

function problemsOf(env: Record<string, string>): string[] {
  try {
    readConfig(env, random);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.message.split('\n');
  }
  return assert.fail('the configuration was taken');
}

function issuer(TURN_SERVERS: string, { region = '', now = 1_800_000_000_000 } = {}): IceServers {
  const clock = new FakeClock(now);
  return new IceServers({ settings: read({ TURN_SERVERS, TURN_SECRET }), region, clock });
}

describe('TURN_SERVERS', () => {
  test('are URLs by region; one without a transport is offered over each there is', () => {
    assert.deepEqual(urlsOf('turn:a.example.org, turns:a.example.org:443,eu=turn:[2001:db8::1]:3479?transport=udp'), [
      {
        region: '',
        urls: [
          'turn:a.example.org?transport=udp',
          'turn:a.example.org?transport=tcp',
          'turns:a.example.org:443?transport=tcp',
        ],
      },
      { region: 'eu', urls: ['turn:[2001:db8::1]:3479?transport=udp'] },
    ]);
    assert.equal(read({}).turn, undefined);
  });

  test('what is none is refused by name, with an example', () => {
    for (const wrong of [
      'turn.example.org',
      'https://turn.example.org',
      'turn://turn.example.org',
      'turn:user:password@turn.example.org',
      'turn:turn.example.org:0',
      'turn:turn.example.org?transport=sctp',
      'turns:turn.example.org?transport=udp',
      'stun:turn.example.org',
      'eu=',
      'a:b=turn:turn.example.org',
    ]) {
      const [problem] = problemsOf({ TURN_SERVERS: wrong, TURN_SECRET });
      assert.match(problem ?? '', /^TURN_SERVERS .*for example turn:/, wrong);
    }
  });

  test('need the secret of the TURN servers, and outside development one that nobody can guess', () => {
    const [missing] = problemsOf({ TURN_SERVERS: 'turn:turn.example.org' });
    assert.match(missing ?? '', /^TURN_SERVERS needs a TURN_SECRET.*for example/);
    const others = { SESSION_SECRET: 'uT5-session-of-the-tests-9', CONTROL_SECRET: 'pL2-control-of-the-tests-3' };
    const [weak] = problemsOf({ NODE_ENV: 'production', TURN_SECRET: 'changeme', ...others });
    assert.match(weak ?? '', /^TURN_SECRET must be set/);
  });

  test('stand beside the settings of coturn in one environment', () => {
    const coturn = ['REALM', 'EXTERNAL_IP', 'PORT', 'TLS_PORT', 'MIN_PORT', 'MAX_PORT', 'CERT', 'KEY', 'LISTEN_IP'];
    read({ TURN_SECRET, ...Object.fromEntries(coturn.map((name) => [`TURN_${name}`, '1'])) });
    assert.deepEqual(problemsOf({ TURN_SERVER: 'turn:turn.example.org' }), [
      'TURN_SERVER is not a setting; did you mean TURN_SERVERS?',
    ]);
  });
});

describe('what a user is given', () => {
  test('is a name that says until when and for whom, and the HMAC of it', () => {
    const { iceServers, iceExpiresInMs } = issuer('turns:turn.example.org').issue({ user: { id: 'ann' }, region: '' });
    const username = '1800000600:ann';
    const credential = createHmac('sha1', TURN_SECRET).update(username).digest('base64');
    assert.deepEqual(iceServers, [{ urls: ['turns:turn.example.org?transport=tcp'], username, credential }]);
    assert.equal(iceExpiresInMs, 600_000);
  });

  test('names even those whose id a TURN server would not take, each by a name of its own', () => {
    const ice = issuer('turn:turn.example.org');
    const names = ['Jörg', 'an n', '👋'.repeat(64), 'x'.repeat(128)].map((id) => {
      const { username = '' } = ice.issue({ user: { id }, region: undefined }).iceServers[0] ?? {};
      assert.match(username, /^1800000600:[!-~]{1,128}$/, id);
      return username;
    });
    assert.equal(new Set(names).size, names.length);
  });

  test('are the servers of their region, else of this node’s, else of none, else the first', () => {
    const hosts = (ice: IceServers, region: string | undefined) =>
      ice.issue({ user: { id: 'ann' }, region }).iceServers.flatMap(({ urls }) => urls.map((url) => url.split('?')[0]));
    const all = 'us=turns:us,turns:any,eu=turns:eu,eu=turns:eu2';
    assert.deepEqual(hosts(issuer(all), 'eu'), ['turns:eu', 'turns:eu2']);
    for (const none of [undefined, '']) assert.deepEqual(hosts(issuer(all, { region: 'us' }), none), ['turns:us']);
    assert.deepEqual(hosts(issuer(all, { region: 'us' }), 'moon'), ['turns:any']);
    assert.deepEqual(hosts(issuer('us=turns:us,eu=turns:eu'), 'moon'), ['turns:us']);
  });

  test('comes beside the servers that are the same for everyone; without TURN it holds for good', () => {
    const ICE_SERVERS = '[{"urls":["stun:stun.example.org"]}]';
    const stun = { urls: ['stun:stun.example.org'] };
    const clock = new FakeClock(0);
    const issue = (env: Record<string, string>) =>
      new IceServers({ settings: read({ ICE_SERVERS, ...env }), region: '', clock }).issue({
        user: { id: 'ann' },
        region: undefined,
      });
    assert.deepEqual(issue({}), { iceServers: [stun], iceExpiresInMs: null });
    const { iceServers } = issue({ TURN_SERVERS: 'turns:t', TURN_SECRET });
    assert.deepEqual([iceServers[0], iceServers[1]?.urls], [stun, ['turns:t?transport=tcp']]);
  });
});

describe('over the wire', () => {
  const env = { TURN_SERVERS: 'turn:any,eu=turn:eu', TURN_SECRET, TURN_LIFETIME_MS: '60000' };

  test('a join brings servers, and ice:servers new credentials for them, by user and region', async (t) => {
    const server = await TestServer.start(t, { env });
    const ann = await server.connect(t, { auth: { versions: [PROTOCOL_VERSION], region: 'eu' } });
    const { iceServers, iceExpiresInMs } = await ann.join('lobby', 'Ann');
    const again = await ann.request('ice:servers', {});
    for (const given of [{ iceServers, iceExpiresInMs }, again]) {
      assert.equal(given.iceExpiresInMs, 60_000);
      assert.deepEqual(given.iceServers[0]?.urls, ['turn:eu?transport=udp', 'turn:eu?transport=tcp']);
      const [until = '', ...user] = given.iceServers[0]?.username?.split(':') ?? [];
      assert.equal(user.join(':'), ann.welcome?.userId);
      assert.ok(Math.abs(Number(until) * 1_000 - Date.now() - 60_000) < 30_000);
    }
  });

  test('asking too often is refused like any request', async (t) => {
    const server = await TestServer.start(t, { env: { ...env, RATE_SESSION: '5' } });
    const ann = await server.connect(t);
    const codes = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const answer = await ann.ask('ice:servers', {});
        return answer.ok ? 'ok' : answer.error.code;
      }),
    );
    assert.equal(codes.filter((code) => code === 'rate_limited').length, 3);
  });

  test('neither the secret nor what is made with it is logged', async (t) => {
    const lines: string[] = [];
    const logger = createLogger({ level: 'debug', write: (line) => lines.push(line) });
    const server = await TestServer.start(t, { env, logger });
    const ann = await server.member(t, 'Ann');
    const { iceServers } = await ann.request('ice:servers', {});
    assert.ok(lines.length > 0);
    for (const word of [TURN_SECRET, iceServers[0]?.credential ?? '?']) {
      assert.ok(!lines.join('\n').includes(word));
    }
  });
});
