import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type ErrorCode, ParleyError } from '@parley/shared/protocol';
import { FakeClock, silentLogger } from '@parley/shared/runtime';
import { exportSPKI, importJWK } from 'jose';
import { SupabaseTokens } from './supabase-tokens.ts';
import { forge, TestIssuer } from './testing/issuer.ts';

const LEGACY = 'a legacy secret of a project, 40 characters';

async function setUp(t: TestContext, options: { legacySecret?: string; keys?: object } = {}) {
  const clock = new FakeClock(1_700_000_000_000);
  const issuer = await TestIssuer.start(t, () => clock.now());
  const { legacySecret, keys = {} } = options;
  const tokens = new SupabaseTokens({ url: issuer.url, legacySecret, clock, logger: silentLogger, keys });
  const refusal = async (token: string): Promise<ErrorCode> => {
    try {
      await tokens.verify(token);
    } catch (error) {
      assert.ok(error instanceof ParleyError, String(error));
      return error.code;
    }
    return assert.fail('the token was accepted');
  };
  return { clock, issuer, tokens, refusal };
}

test('tokens of both kinds of public key are accepted, and their keys asked for once', async (t) => {
  const { issuer, tokens, clock } = await setUp(t);
  assert.ok(tokens.knows(`${issuer.url}/auth/v1`) && !tokens.knows(issuer.url));
  const named = { user_metadata: { full_name: 'Ann Other', name: '\u202e' } };
  assert.deepEqual(await tokens.verify(await issuer.token('es', named)), {
    id: issuer.claims.sub,
    kind: 'supabase',
    name: 'Ann Other',
    metadata: {},
    grants: { join: true, speak: true, listen: true, moderate: false },
    room: null,
    expiresAt: clock.now() + 3_600_000,
  });
  await tokens.verify(await issuer.token('rs'));
  assert.equal(issuer.asked, 1);
});

test('grants come from where only the project can write', async (t) => {
  const { issuer, tokens, refusal } = await setUp(t);
  const parley = { grants: { moderate: true, speak: false } };
  const { grants } = await tokens.verify(await issuer.token('es', { app_metadata: { provider: 'email', parley } }));
  assert.deepEqual(grants, { join: true, speak: false, listen: true, moderate: true });
  const claimed = await tokens.verify(await issuer.token('es', { user_metadata: { parley } }));
  assert.equal(claimed.grants.moderate, false);
  const wrong = { app_metadata: { parley: { grants: { moderat: true } } } };
  assert.equal(await refusal(await issuer.token('es', wrong)), 'unauthorized');
});

test('a public key is never taken for a secret, nor a secret for a public key', async (t) => {
  for (const legacySecret of [undefined, LEGACY]) {
    const { issuer, refusal } = await setUp(t, { legacySecret });
    for (const kid of ['es', 'rs']) {
      const jwk = issuer.publicKey(kid);
      const key = await importJWK(jwk, jwk.alg, { extractable: true });
      assert.ok(!(key instanceof Uint8Array));
      const pem = await exportSPKI(key);
      for (const secret of [pem, pem.trim(), JSON.stringify(jwk), jwk.x ?? '', jwk.n ?? '']) {
        const forged = await forge({ alg: 'HS256', kid, typ: 'JWT' }, issuer.claims, secret);
        assert.equal(await refusal(forged), 'unauthorized');
      }
      for (const alg of ['none', 'HS384', 'HS512', 'ES384', 'PS256', 'EdDSA']) {
        assert.equal(await refusal(await forge({ alg, kid }, issuer.claims, LEGACY)), 'unauthorized', alg);
      }
      const crossed = await forge({ alg: jwk.alg, kid }, issuer.claims, LEGACY);
      assert.equal(await refusal(crossed), 'unauthorized', 'an HMAC in place of a signature');
    }
    assert.equal(await refusal(await issuer.token('es', {}, { kid: 'rs' })), 'unauthorized', 'the kid of another key');
    assert.equal(await refusal(await issuer.token('unknown')), 'unauthorized', 'a key of somebody else');
    assert.equal(await refusal(await issuer.token('unknown', {}, { kid: 'es' })), 'unauthorized');
  }
});

test('the legacy secret opens HS256 tokens where there is one, and public keys go on being good', async (t) => {
  const { issuer, tokens } = await setUp(t, { legacySecret: LEGACY });
  const legacy = await forge({ alg: 'HS256', typ: 'JWT' }, issuer.claims, LEGACY);
  assert.equal((await tokens.verify(legacy)).kind, 'supabase');
  assert.equal(issuer.asked, 0);
  assert.equal((await tokens.verify(await issuer.token('es'))).kind, 'supabase');
  const without = await setUp(t);
  const forged = await forge({ alg: 'HS256', typ: 'JWT' }, without.issuer.claims, LEGACY);
  assert.equal(await without.refusal(forged), 'unauthorized');
});

test('issuer, audience and times are held to', async (t) => {
  const { issuer, refusal, clock } = await setUp(t, { legacySecret: LEGACY });
  const now = clock.now() / 1000;
  for (const [changes, code] of [
    [{ iss: 'https://evil.example/auth/v1' }, 'unauthorized'],
    [{ iss: `${issuer.url}/auth/v1/` }, 'unauthorized'],
    [{ aud: 'anon' }, 'unauthorized'],
    [{ aud: undefined }, 'unauthorized'],
    [{ nbf: now + 60 }, 'unauthorized'],
    [{ exp: undefined }, 'unauthorized'],
    [{ sub: undefined }, 'unauthorized'],
    [{ sub: 'guest:ann' }, 'unauthorized'],
    [{ exp: now - 60 }, 'token_expired'],
    [{ exp: now }, 'token_expired'],
  ] as const) {
    assert.equal(await refusal(await issuer.token('es', changes)), code, JSON.stringify(changes));
    const legacy = await forge({ alg: 'HS256' }, { ...issuer.claims, ...changes }, LEGACY);
    assert.equal(await refusal(legacy), code, JSON.stringify(changes));
  }
});

test('keys that cannot be fetched are no verdict on the token, and are not asked for again at once', async (t) => {
  const { issuer, tokens, refusal, clock } = await setUp(t, { keys: { deadlineMs: 1_000 } });
  const token = await issuer.token('es');
  for (const mode of ['error', 'garbage', 'silence'] as const) {
    issuer.mode = mode;
    issuer.asked = 0;
    assert.equal(await refusal(token), 'identity_unavailable', mode);
    assert.equal(await refusal(token), 'identity_unavailable');
    assert.equal(issuer.asked, 1, 'a failure is remembered for a while');
    clock.advance(3_000);
  }
  issuer.mode = 'keys';
  assert.equal((await tokens.verify(token)).kind, 'supabase');
});

test('known keys go on being good while new ones cannot be fetched, for a day', async (t) => {
  const { issuer, tokens, refusal, clock } = await setUp(t, { keys: { maxAgeMs: 0, cooldownMs: 0 } });
  const day = 86_400_000;
  const later = (clock.now() + 2 * day) / 1000;
  const token = await issuer.token('es', { exp: later });
  await tokens.verify(token);
  issuer.mode = 'error';
  assert.equal((await tokens.verify(token)).kind, 'supabase');
  await issuer.addKey('new', 'ES256');
  const rotated = await issuer.token('new', { exp: later });
  assert.equal(await refusal(rotated), 'identity_unavailable', 'it may well be good');
  clock.advance(day + 1);
  assert.equal(await refusal(token), 'identity_unavailable');
  issuer.mode = 'keys';
  clock.advance(3_000);
  assert.equal((await tokens.verify(rotated)).kind, 'supabase');
});

test('made-up key ids cause one request, not one each', async (t) => {
  const { issuer, tokens, refusal } = await setUp(t);
  await tokens.verify(await issuer.token('es'));
  for (let i = 0; i < 20; i++) {
    assert.equal(await refusal(await issuer.token('es', {}, { kid: `made-up-${i}` })), 'unauthorized');
  }
  assert.equal(issuer.asked, 1);
});
