import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as v from 'valibot';
import { secret, secretsAmong, weakSecrets } from './secrets.ts';

const GOOD = 'q7Wz-R2nV0tLk9xB';
const entries = {
  PORT: v.optional(v.string()),
  LINK_SECRET: v.optional(v.pipe(v.string(), secret({ isNeeded: true }))),
  ADMIN_KEY: v.optional(v.pipe(v.string(), secret({ minBytes: 20 }))),
};

test('a secret that is needed is asked for, one that is not only has to be good', () => {
  assert.deepEqual(weakSecrets(entries, { LINK_SECRET: GOOD }), []);
  assert.deepEqual(weakSecrets(entries, {}), [
    'LINK_SECRET must be set outside development, to a secret of your own of at least 16 bytes',
  ]);
  assert.equal(weakSecrets(entries, { LINK_SECRET: GOOD, ADMIN_KEY: 'short' }).length, 1);
  assert.deepEqual(weakSecrets(entries, { LINK_SECRET: GOOD, ADMIN_KEY: `${GOOD}+more` }), []);
});

test('what is short, of few characters, or known to all is weak', () => {
  for (const weak of [
    'q7Wz-R2nV0tLk9x',
    'a'.repeat(40),
    'abcdabcdabcdabcd',
    'parley-development-secret',
    'please-change-me-now',
    'super-secret-jwt-token-with-at-least-32-characters-long',
    'my-password-is-long-enough',
    'your-own-secret-goes-here',
  ]) {
    assert.equal(weakSecrets(entries, { LINK_SECRET: weak }).length, 1, weak);
  }
});

test('one secret is not used for two things, and no problem tells it', () => {
  const problems = weakSecrets(entries, { LINK_SECRET: `${GOOD}+more`, ADMIN_KEY: `${GOOD}+more` });
  assert.deepEqual(problems, ['ADMIN_KEY must not be the same secret as LINK_SECRET']);
  assert.ok(!weakSecrets(entries, { LINK_SECRET: 'hunter2' }).join().includes('hunter'));
});

test('a map of secrets is held to the same', () => {
  const keys = {
    API_KEYS: v.optional(
      v.pipe(
        v.string(),
        v.transform(() => new Map<string, string>()),
        v.metadata({ secret: { minBytes: 16, isNeeded: false } }),
      ),
    ),
  };
  const problems = weakSecrets(keys, {
    API_KEYS: new Map([
      ['one', GOOD],
      ['two', 'short'],
      ['three', GOOD],
    ]),
  });
  assert.deepEqual(problems, [
    'API_KEYS: two must be set outside development, to a secret of your own of at least 16 bytes',
    'API_KEYS: three must not be the same secret as API_KEYS: one',
  ]);
});

test('a setting that is named like a secret and not marked cannot be forgotten', () => {
  for (const name of ['WEBHOOK_SECRET', 'SECRET', 'REDIS_PASSWORD', 'TURN_CREDENTIAL', 'SIGNING_KEY', 'KEY']) {
    assert.throws(() => secretsAmong({ [name]: v.optional(v.string()) }), new RegExp(name));
  }
  assert.equal(secretsAmong({ MONKEY: v.string(), TOKEN_LIFETIME_MS: v.string(), ...entries }).size, 2);
});
