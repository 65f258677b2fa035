import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConfigError } from '@parley/shared/runtime/environment';
import { readConfig } from './config.ts';
import { DEFAULT_MATCH_SETTINGS } from './matchmaking/settings.ts';

const random = { id: () => 'random-id', secret: () => 'random-secret' };
const read = (env: Record<string, string> = {}) => readConfig(env, random);

function problemsOf(env: Record<string, string>): string[] {
  try {
    read(env);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.message.split('\n');
  }
  return assert.fail('the configuration was taken');
}

test('an empty environment makes a development server with the documented defaults', () => {
  const config = read();
  assert.deepEqual(
    { ...config },
    {
      port: 3000,
      host: '0.0.0.0',
      nodeId: 'random-id',
      logLevel: 'info',
      allowedOrigins: [],
      region: '',
      sfuUrls: [],
      controlSecret: 'parley-development-secret',
      sessionSecret: 'random-secret',
      sessionLifetimeMs: 604_800_000,
      redisUrls: [],
      redisCluster: false,
      redisPrefix: 'parley',
      nodeUrl: undefined,
      staticDir: undefined,
      sdkDir: undefined,
      ice: { servers: [], turn: undefined },
      meshMaxPeers: 12,
      meshReturnPeers: 8,
      meshReturnAfterMs: 30_000,
      handoverDeadlineMs: 10_000,
      handoverBackoffMs: 60_000,
      resumeWindowMs: 15_000,
      roomMaxPeers: 500,
      roomsMax: 10_000,
      sfuLinkGraceMs: 5_000,
      sfuRetryMs: 5_000,
      sfuLeaveWithinMs: 2_000,
      requestDeadlineMs: 8_000,
      drainMs: 10_000,
      admin: { key: undefined, requestsPerSecond: 200 },
      matching: DEFAULT_MATCH_SETTINGS,
      supabase: undefined,
      identity: {
        guests: true,
        apiKeys: new Map(),
        supabase: undefined,
        tokenLifetimeMaxMs: 86_400_000,
        tokenWarningMs: 60_000,
      },
      webhooks: {
        urls: [],
        secret: '',
        deadlineMs: 5_000,
        concurrency: 64,
        queueMax: 200_000,
        roomQueueMax: 20_000,
      },
      presence: { isOn: true, intervalMs: 500, graceMs: 10_000 },
      trustedProxies: [],
      limits: {
        connections: 1_000,
        connectionsPerAddress: 200,
        connectsPerMinute: 300,
        joinsPerMinute: 60,
        enqueuesPerMinute: 60,
        roomsPerUser: 16,
        unanswered: 64,
        messageBytes: 65_536,
        pingIntervalMs: 10_000,
        pingTimeoutMs: 8_000,
        handshakeMs: 10_000,
        rates: { media: 500, room: 100, session: 50, queue: 50, presence: 50 },
      },
    },
  );
  assert.ok(Object.isFrozen(config) && Object.isFrozen(config.allowedOrigins));
});

test('what is set is read', () => {
  const config = read({
    PORT: '0',
    ALLOWED_ORIGINS: ' https://App.example.org/ ,http://localhost:80',
    SFU_URLS: 'http://10.0.0.1:4000,https://sfu.example.org',
    ICE_SERVERS: '[{"urls":["stun:stun.example.org"]}]',
    MESH_MAX_PEERS: '4',
    MESH_RETURN_PEERS: '3',
    NODE_ID: '',
  });
  assert.equal(config.port, 0);
  assert.deepEqual(config.allowedOrigins, ['https://app.example.org', 'http://localhost']);
  assert.deepEqual(config.sfuUrls, ['http://10.0.0.1:4000', 'https://sfu.example.org']);
  assert.deepEqual(config.ice.servers, [{ urls: ['stun:stun.example.org'] }]);
  assert.deepEqual([config.meshMaxPeers, config.meshReturnPeers], [4, 3]);
  assert.equal(config.nodeId, 'random-id', 'empty counts as missing');
});

test('the size at which a room returns to a mesh is always less than a mesh may be', () => {
  assert.equal(read({ MESH_MAX_PEERS: '3' }).meshReturnPeers, 2);
  assert.deepEqual(problemsOf({ MESH_MAX_PEERS: '4', MESH_RETURN_PEERS: '4' }), [
    'MESH_RETURN_PEERS (4) must be less than MESH_MAX_PEERS (4)',
  ]);
});

test('numbers are whole and in range; every problem is told at once', () => {
  assert.deepEqual(problemsOf({ PORT: '80x', MESH_MAX_PEERS: '1.5', RESUME_WINDOW_MS: '-1', ROOM_MAX_PEERS: '0' }), [
    'PORT must be a whole number of port',
    'MESH_MAX_PEERS must be a whole number of people',
    'RESUME_WINDOW_MS must be a whole number of milliseconds',
    'ROOM_MAX_PEERS must be at least 1 people',
  ]);
  for (const [key, value] of [
    ['PORT', '65536'],
    ['LOG_LEVEL', 'loud'],
    ['ALLOWED_ORIGINS', 'app.example.org'],
    ['ALLOWED_ORIGINS', 'https://app.example.org/path'],
    ['SFU_URLS', 'ftp://sfu'],
    ['ICE_SERVERS', '{not json'],
    ['ICE_SERVERS', '[{"urls":"one"}]'],
  ] as const) {
    const [problem] = problemsOf({ [key]: value });
    assert.ok(problem?.startsWith(key), `${key}=${value}: ${problem}`);
  }
});

test('a key that is nearly ours is refused, somebody else’s is not', () => {
  assert.deepEqual(problemsOf({ MESH_MAX_PEER: '4' }), [
    'MESH_MAX_PEER is not a setting; did you mean MESH_MAX_PEERS?',
  ]);
  assert.deepEqual(problemsOf({ SFU_ANYTHING: '4' }), ['SFU_ANYTHING is not a setting']);
  assert.deepEqual(problemsOf({ SESSION_SECRT: 'x' }), [
    'SESSION_SECRT is not a setting; did you mean SESSION_SECRET?',
  ]);
  assert.deepEqual(problemsOf({ CONECTIONS_MAX: '9' }), [
    'CONECTIONS_MAX is not a setting; did you mean CONNECTIONS_MAX?',
  ]);
  // A desktop's, and those of the SFU server started from the same environment.
  read({ SESSION_MANAGER: 'local/host', PATH: '/bin', RTC_PORT: '1', WORKERS: '2', ICE_AUTHORITY: 'x', SDK_ROOT: 'y' });
});

test('outside development both secrets have to be set, long, and one’s own', () => {
  const good = { NODE_ENV: 'production', CONTROL_SECRET: 'c-q7Wz+R2nV0tLk9xB', SESSION_SECRET: 's-q7Wz+R2nV0tLk9xB' };
  read(good);
  assert.equal(problemsOf({ NODE_ENV: 'production' }).length, 2);
  assert.equal(problemsOf({ ...good, CONTROL_SECRET: 'short' }).length, 1);
  assert.equal(problemsOf({ ...good, CONTROL_SECRET: 'parley-development-secret' }).length, 1);
});

test('no problem ever names the value of a secret', () => {
  const problems = problemsOf({ NODE_ENV: 'production', CONTROL_SECRET: 'hunter2', SESSION_SECRET: 'hunter3' });
  assert.ok(!problems.join().includes('hunter'));
});

test('the admin key is one’s own in production: long, and no other secret', () => {
  const good = { NODE_ENV: 'production', CONTROL_SECRET: 'c-q7Wz+R2nV0tLk9xB', SESSION_SECRET: 's-q7Wz+R2nV0tLk9xB' };
  assert.equal(read({ ...good, ADMIN_KEY: 'a-q7Wz+R2nV0tLk9xB' }).admin.key, 'a-q7Wz+R2nV0tLk9xB');
  assert.equal(read(good).admin.key, undefined, 'without a key there is no admin API');
  for (const key of ['short', 'parley-development-secret', good.CONTROL_SECRET, good.SESSION_SECRET]) {
    const problems = problemsOf({ ...good, ADMIN_KEY: key });
    assert.equal(problems.length, 1);
    assert.match(problems[0] ?? '', /ADMIN_KEY/);
    assert.ok(!problems[0]?.includes(key) || key === 'short', 'the key is not told');
  }
  assert.equal(read({ ADMIN_KEY: 'dev' }).admin.key, 'dev', 'in development any will do');
});

describe('identity', () => {
  const secret = 'a-secret-of-my-own-of-32-bytes-or-more';

  test('API keys are pairs, told apart; none of it is repeated when it is wrong', () => {
    const { identity } = read({ API_KEYS: ` one:${secret}, two:short:with-colon ` });
    assert.deepEqual(
      [...identity.apiKeys],
      [
        ['one', secret],
        ['two', 'short:with-colon'],
      ],
    );
    for (const wrong of [
      'hunter',
      'one:',
      ':hunter',
      'one:hunter,',
      'one:hunter,one:hunter',
      'o ne:hunter',
      'one:hun ter',
    ]) {
      const problems = problemsOf({ API_KEYS: wrong });
      assert.ok(
        problems.every((it) => it.startsWith('API_KEYS')),
        wrong,
      );
      assert.ok(!problems.join().includes('hunter'), wrong);
    }
  });

  test('a Supabase project is an address; a secret without one is a mistake', () => {
    const { identity } = read({ SUPABASE_URL: 'https://abc.supabase.co/', SUPABASE_JWT_SECRET: 'x' });
    assert.deepEqual(identity.supabase, { url: 'https://abc.supabase.co', legacySecret: 'x' });
    assert.deepEqual(problemsOf({ SUPABASE_URL: 'abc.supabase.co' }), ['SUPABASE_URL must be an http(s) URL']);
    assert.deepEqual(problemsOf({ SUPABASE_JWT_SECRET: 'x' }), ['SUPABASE_JWT_SECRET needs SUPABASE_URL']);
    assert.deepEqual(problemsOf({ SUPABASE_SERVICE_KEY: 'x' }), ['SUPABASE_SERVICE_KEY needs SUPABASE_URL']);
  });

  test('a server that nobody could come to is a mistake', () => {
    assert.match(problemsOf({ GUESTS: 'off' })[0] ?? '', /^GUESTS is off/);
    assert.equal(read({ GUESTS: 'off', API_KEYS: `one:${secret}` }).identity.guests, false);
  });

  test('outside development secrets must be strong, and one’s own', () => {
    const good = { NODE_ENV: 'production', CONTROL_SECRET: 'c-q7Wz+R2nV0tLk9xB', SESSION_SECRET: 's-q7Wz+R2nV0tLk9xB' };
    read({ ...good, API_KEYS: `one:${secret}` });
    for (const NODE_ENV of ['production', 'staging']) {
      for (const weak of ['short', 'x'.repeat(64), 'super-secret-jwt-token-with-at-least-32-characters-long']) {
        const problems = [
          ...problemsOf({ ...good, NODE_ENV, API_KEYS: `one:${weak}` }),
          ...problemsOf({ ...good, NODE_ENV, SUPABASE_URL: 'https://a.example', SUPABASE_JWT_SECRET: weak }),
        ];
        assert.equal(problems.length, 2, weak);
        assert.ok(!problems.join().includes(weak), weak);
      }
    }
    const key = 'key-that-is-its-own-secret-of-32-bytes';
    assert.equal(problemsOf({ ...good, API_KEYS: `${key}:${key}` }).length, 1);
    assert.match(problemsOf({ ...good, SUPABASE_URL: 'http://a.example' })[0] ?? '', /https/);
    read({ API_KEYS: 'one:short' });
  });
});

test('receivers of webhooks are URLs without credentials, and need a secret', () => {
  const { webhooks } = read({
    WEBHOOK_URL: 'https://a.example/hook?key=1, http://10.0.0.1:8080',
    WEBHOOK_SECRET: 'dev',
  });
  assert.deepEqual(webhooks.urls, ['https://a.example/hook?key=1', 'http://10.0.0.1:8080']);
  assert.deepEqual(problemsOf({ WEBHOOK_URL: 'https://a.example' }), ['WEBHOOK_URL needs a WEBHOOK_SECRET']);
  for (const url of ['ftp://a.example', 'a.example', 'https://user:password@a.example']) {
    assert.equal(problemsOf({ WEBHOOK_URL: url, WEBHOOK_SECRET: 'dev' }).length, 1, url);
  }
  const good = { NODE_ENV: 'production', CONTROL_SECRET: 'c-q7Wz+R2nV0tLk9xB', SESSION_SECRET: 's-q7Wz+R2nV0tLk9xB' };
  assert.match(problemsOf({ ...good, WEBHOOK_SECRET: 'short' })[0] ?? '', /WEBHOOK_SECRET/);
  const same = 'one secret for two things';
  assert.match(problemsOf({ ...good, ADMIN_KEY: same, WEBHOOK_SECRET: same })[0] ?? '', /WEBHOOK_SECRET/);
});
