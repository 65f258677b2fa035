import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { inRoot } from '../scripts/paths.mjs';

const SECRET = 'Kq7-one-of-the-tests-4fZ9';
const folder = mkdtempSync(join(tmpdir(), 'parley-turn-entrypoint-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the entrypoint with `cat` in coturn's place: what it prints is the configuration. @param {Record<string, string>} settings */
function enter(settings) {
  const program = join(inRoot('turn'), 'testing', 'show-configuration.sh');
  const env = { PATH: process.env.PATH, TMPDIR: folder, TURNSERVER_PATH: program, ...settings };
  const { status, stdout, stderr } = spawnSync(inRoot('turn/entrypoint.sh'), {
    env,
    encoding: 'utf8',
    timeout: 20_000,
  });
  return { status, stdout, stderr };
}

describe('a setting that is wrong ends it with one line that names it and gives an example', () => {
  /** @type {[name: string, settings: Record<string, string>][]} */
  const wrong = [
    ['TURN_SECRET', {}],
    ['TURN_SECRET', { TURN_SECRET: '' }],
    ['TURN_SECRET', { TURN_SECRET: 'too-short-1' }],
    ['TURN_SECRET', { TURN_SECRET: 'aabbaabbaabbaabbaabb' }],
    ['TURN_SECRET', { TURN_SECRET: 'abcdefghijabcdefghij' }],
    ['TURN_SECRET', { TURN_SECRET: 'please-change-me-please' }],
    ['TURN_SECRET', { TURN_SECRET: 'Your-Own-Secret-Here-1' }],
    ['TURN_SECRET', { TURN_SECRET: `${SECRET}\nno-auth` }],
    ['TURN_SECRET', { TURN_SECRET: `${SECRET}|x` }],
    ['TURN_REALM', { TURN_SECRET: SECRET, TURN_REALM: 'a realm' }],
    ['TURN_PORT', { TURN_SECRET: SECRET, TURN_PORT: '0' }],
    ['TURN_PORT', { TURN_SECRET: SECRET, TURN_PORT: '3478x' }],
    ['TURN_TLS_PORT', { TURN_SECRET: SECRET, TURN_TLS_PORT: '70000' }],
    ['TURN_TLS_PORT', { TURN_SECRET: SECRET, TURN_TLS_PORT: '3478' }],
    ['TURN_MIN_PORT', { TURN_SECRET: SECRET, TURN_MIN_PORT: '60000', TURN_MAX_PORT: '50000' }],
    ['TURN_MIN_PORT', { TURN_SECRET: SECRET, TURN_MIN_PORT: '3000' }],
    ['TURN_EXTERNAL_IP', { TURN_SECRET: SECRET, TURN_EXTERNAL_IP: 'turn.parley.test' }],
    ['TURN_ALLOWED_PEERS', { TURN_SECRET: SECRET, TURN_ALLOWED_PEERS: '10.0.0.5,' }],
    ['TURN_CERT', { TURN_SECRET: SECRET, TURN_CERT: '/nowhere/cert.pem', TURN_KEY: '/nowhere/key.pem' }],
    ['TURN_KEY', { TURN_SECRET: SECRET, TURN_CERT: '/etc/passwd' }],
    ['TURN_USER_QUOTA', { TURN_SECRET: SECRET, TURN_USER_QUOTA: 'many' }],
    ['TMPDIR', { TURN_SECRET: SECRET, TMPDIR: '/nowhere' }],
    ['TURN_TEST_LOOPBACK', { TURN_SECRET: SECRET, TURN_TEST_LOOPBACK: 'true' }],
  ];
  for (const [name, settings] of wrong) {
    const given = Object.entries(settings).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
    test(`${given.join(' ') || 'nothing set'}`, () => {
      const { status, stdout, stderr } = enter(settings);
      assert.equal(status, 64, stderr);
      assert.equal(stdout, '', 'coturn is not started');
      const lines = stderr
        .trimEnd()
        .split('\n')
        .filter((line) => !line.includes('no TLS'));
      assert.equal(lines.length, 1, stderr);
      assert.match(lines[0] ?? '', new RegExp(`^turn: .*\\b${name}\\b.*${name}=`));
      assert.doesNotMatch(stderr, new RegExp(SECRET), 'no secret is told');
    });
  }
});

test('what is set fills the template, and nothing is left open in it', () => {
  const { status, stdout } = enter({
    TURN_SECRET: SECRET,
    TURN_REALM: 'turn.parley.test',
    TURN_EXTERNAL_IP: '198.51.100.7/10.0.0.5',
    TURN_LISTEN_IP: '10.0.0.5,fd00::5',
    TURN_ALLOWED_PEERS: '10.0.0.9,10.1.0.0-10.1.0.255',
    TURN_PORT: '3479',
  });
  assert.equal(status, 0);
  const lines = stdout.split('\n').filter((line) => line && !line.startsWith('#'));
  for (const line of [
    `static-auth-secret=${SECRET}`,
    'realm=turn.parley.test',
    'listening-port=3479',
    'tls-listening-port=5349',
    'min-port=49152',
    'max-port=65535',
    'listening-ip=10.0.0.5',
    'listening-ip=fd00::5',
    'external-ip=198.51.100.7/10.0.0.5',
    'relay-ip=10.0.0.5',
    'allowed-peer-ip=10.0.0.5',
    'allowed-peer-ip=10.0.0.9',
    'allowed-peer-ip=10.1.0.0-10.1.0.255',
    'denied-peer-ip=127.0.0.0-127.255.255.255',
    'denied-peer-ip=::1',
    'no-tls',
    'no-cli',
    'use-auth-secret',
    'fingerprint',
  ]) {
    assert.ok(lines.includes(line), `${line} is missing`);
  }
  assert.doesNotMatch(lines.join('\n'), /\$\{/, 'all of it is filled in');
  assert.ok(!lines.includes('allow-loopback-peers'));
});

test('the template names every setting that the entrypoint fills in, once', () => {
  const template = readFileSync(inRoot('turn/turnserver.conf.template'), 'utf8');
  const names = [...template.matchAll(/\$\{(TURN_\w+)\}/g)].map(([, name]) => name);
  assert.equal(new Set(names).size, names.length);
  assert.ok(names.includes('TURN_SECRET'));
});
