import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAccessToken } from '@parley/shared/access-token';
import { type ErrorCode, ParleyError } from '@parley/shared/protocol';
import { FakeClock } from '@parley/shared/runtime';
import { AccessTokens } from './access-tokens.ts';
import { forge } from './testing/issuer.ts';

const SECRET = 'the secret of the first key, 32 characters and more';
const OTHER = 'the secret of the other key, 32 characters and more';
const clock = new FakeClock(1_700_000_000_000);
const now = clock.now() / 1000;
const tokens = new AccessTokens({
  keys: new Map([
    ['key', SECRET],
    ['other', OTHER],
  ]),
  clock,
  maxLifetimeMs: 86_400_000,
});
const header = { alg: 'HS256', typ: 'JWT', kid: 'key' };
const payload = { iss: 'key', sub: 'ann', exp: now + 600 };

const make = (options: object = {}) =>
  createAccessToken({ apiKey: 'key', apiSecret: SECRET, userId: 'ann', ...options }, () => clock.now());

async function refusal(token: string): Promise<ErrorCode> {
  try {
    await tokens.verify(token);
  } catch (error) {
    assert.ok(error instanceof ParleyError, String(error));
    assert.ok(!error.message.includes(SECRET));
    return error.code;
  }
  return assert.fail('the token was accepted');
}

test('a token says who someone is and what they may do', async () => {
  assert.deepEqual(await tokens.verify(make()), {
    id: 'ann',
    kind: 'token',
    name: null,
    metadata: {},
    grants: { join: true, speak: true, listen: true, moderate: false },
    room: null,
    expiresAt: clock.now() + 600_000,
  });
  const full = make({
    name: ' Ann ',
    metadata: { team: 'red' },
    room: 'lobby',
    grants: { speak: false, moderate: true },
    expiresInSeconds: 60,
  });
  assert.deepEqual(await tokens.verify(full), {
    id: 'ann',
    kind: 'token',
    name: 'Ann',
    metadata: { team: 'red' },
    grants: { join: true, speak: false, listen: true, moderate: true },
    room: 'lobby',
    expiresAt: clock.now() + 60_000,
  });
});

test('each key’s secret opens its own tokens only', async () => {
  assert.equal((await tokens.verify(make({ apiKey: 'other', apiSecret: OTHER }))).id, 'ann');
  assert.equal(await refusal(make({ apiKey: 'other' })), 'unauthorized');
  assert.equal(await refusal(make({ apiKey: 'nobody' })), 'unauthorized');
  assert.equal(await refusal(await forge({ ...header, kid: 'other' }, payload, SECRET)), 'unauthorized', 'wrong kid');
  assert.equal(await refusal(await forge({ ...header, kid: 'other' }, payload, OTHER)), 'unauthorized', 'wrong issuer');
  assert.ok(await tokens.verify(await forge({ alg: 'HS256' }, payload, SECRET)), 'kid may be left out');
});

test('a token’s own algorithm counts for nothing', async () => {
  for (const alg of ['none', 'None', 'HS384', 'HS512', 'RS256', 'ES256', 'EdDSA', '', 1, undefined]) {
    assert.equal(await refusal(await forge({ ...header, alg }, payload, SECRET)), 'unauthorized', String(alg));
    assert.equal(await refusal(await forge({ ...header, alg }, payload, null)), 'unauthorized', String(alg));
  }
  assert.equal(await refusal(await forge(header, payload, null)), 'unauthorized', 'no signature');
  assert.equal(await refusal(await forge(header, payload, OTHER)), 'unauthorized', 'another signature');
  const jwk = { kty: 'oct', k: Buffer.from('attacker').toString('base64url') };
  assert.equal(await refusal(await forge({ ...header, jwk }, payload, 'attacker')), 'unauthorized', 'a key of its own');
  assert.equal(await refusal(await forge({ ...header, crit: ['x'], x: 1 }, payload, SECRET)), 'unauthorized', 'crit');
});

test('a token holds from its beginning to its end, and not for ever', async () => {
  const at = (changes: object) => forge(header, { ...payload, ...changes }, SECRET);
  assert.equal(await refusal(await at({ exp: now })), 'token_expired');
  assert.equal(await refusal(await at({ exp: now - 5 })), 'token_expired', 'no tolerance for what is over');
  assert.equal(await refusal(await at({ exp: now - 3600 })), 'token_expired');
  assert.equal(await refusal(await at({ exp: undefined })), 'unauthorized');
  assert.equal(await refusal(await at({ exp: String(now + 60) })), 'unauthorized');
  assert.equal(await refusal(await at({ exp: now + 86_401 })), 'unauthorized', 'more than a day');
  assert.equal(await refusal(await at({ nbf: now + 60 })), 'unauthorized');
  assert.ok(await tokens.verify(await at({ nbf: now + 5 })), 'clocks differ a little');
});

test('claims that do not fit are refused', async () => {
  for (const changes of [
    { sub: undefined },
    { sub: '' },
    { sub: 7 },
    { sub: 'guest:ann' },
    { sub: 'a\nb' },
    { sub: 'x'.repeat(129) },
    { name: '' },
    { name: 'a\u202eb' },
    { room: 'x'.repeat(65) },
    { metadata: { a: 1 } },
    { metadata: ['a'] },
    { metadata: { a: 'x'.repeat(513) } },
    { grants: { speek: false } },
    { grants: { speak: 'yes' } },
    { grants: true },
  ]) {
    const token = await forge(header, { ...payload, ...changes }, SECRET);
    assert.equal(await refusal(token), 'unauthorized', JSON.stringify(changes));
  }
});

test('garbage is refused', async () => {
  const good = make();
  const [head = '', body = '', signature = ''] = good.split('.');
  for (const token of [
    '',
    'garbage',
    '..',
    `${head}.${body}`,
    `${head}.${body}.`,
    `${head}.${body}.${signature}.${signature}`,
    `${head}.${body}.${signature.slice(0, -2)}`,
    `${body}.${head}.${signature}`,
    `${head}.!!!.${signature}`,
    good.toUpperCase(),
    '\u0000'.repeat(100),
    'x'.repeat(8192),
  ]) {
    assert.equal(await refusal(token), 'unauthorized', token.slice(0, 40));
  }
});

test('a helper that is given nonsense says which option is wrong', () => {
  for (const [options, message] of [
    [{ userId: 'guest:1' }, /userId: must not begin/],
    [{ userId: '' }, /userId/],
    [{ apiSecret: '' }, /apiSecret is missing/],
    [{ apiKey: '' }, /apiKey/],
    [{ expiresInSeconds: 0 }, /expiresInSeconds/],
    [{ expiresInSeconds: Number.NaN }, /expiresInSeconds/],
    [{ grants: { speek: true } }, /grants/],
    [{ metadata: { a: 'x'.repeat(600) } }, /metadata/],
    [{ room: 'x'.repeat(65) }, /room/],
  ] as const) {
    assert.throws(() => make(options), { name: 'TypeError', message });
  }
});
