import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { type AccessTokenOptions, createAccessToken } from '@parley/shared/access-token';
import { type HandshakeRefusal, PROTOCOL_VERSION } from '@parley/shared/protocol';
import { createLogger, FakeClock } from '@parley/shared/runtime';
import { TestClient } from '../testing/client.ts';
import { dtlsParameters, rtpCapabilities, rtpParameters } from '../testing/media.ts';
import { TestServer, type TestServerOptions } from '../testing/server.ts';
import { until } from '../testing/until.ts';
import { TestIssuer } from './testing/issuer.ts';

const SECRET = 'an-API-secret-for-the-tests-of-32-bytes-and-more';
const env = { API_KEYS: `key:${SECRET}` };
const versions = [PROTOCOL_VERSION];

function tokenOf(userId: string, options: Partial<AccessTokenOptions> = {}, clock?: FakeClock): string {
  const all = { apiKey: 'key', apiSecret: SECRET, userId, ...options };
  return createAccessToken(all, clock ? () => clock.now() : Date.now);
}

/** Why a handshake is refused. */
async function refusal(t: TestContext, server: TestServer, auth: object): Promise<HandshakeRefusal> {
  const client = new TestClient(server.url, { auth: { versions, ...auth } });
  t.after(() => client.close());
  const error = await client.connected().then(
    () => assert.fail('it was let in'),
    (it: Error & { data?: HandshakeRefusal }) => it,
  );
  assert.ok(error.data);
  return error.data;
}

const withToken = (token: string, more: object = {}) => ({ auth: { versions, token, ...more } });

async function member(t: TestContext, server: TestServer, token: string, roomId = 'lobby'): Promise<TestClient> {
  const client = await server.connect(t, withToken(token));
  await client.join(roomId, 'whatever');
  return client;
}

describe('guests', () => {
  test('have an id of their own, keep it by what they were given, and may do all but moderate', async (t) => {
    const server = await TestServer.start(t);
    const ann = await server.connect(t);
    const ben = await server.connect(t);
    assert.ok(ann.userId.startsWith('guest:'));
    assert.notEqual(ann.userId, ben.userId);
    const { name, grants, expiresAt, session } = ann.welcome ?? assert.fail();
    assert.deepEqual([name, expiresAt], [null, null]);
    assert.deepEqual(grants, { join: true, speak: true, listen: true, moderate: false });
    const back = await server.connect(t, { auth: { versions, session } });
    assert.equal(back.userId, ann.userId);
    const forged = await server.connect(t, { auth: { versions, session: `${session}x` } });
    assert.notEqual(forged.userId, ann.userId, 'what was not given makes somebody new');
  });

  test('can be turned away', async (t) => {
    const server = await TestServer.start(t, { env: { ...env, GUESTS: 'off' } });
    assert.equal((await refusal(t, server, {})).code, 'unauthorized');
    const session = (await (await TestServer.start(t)).connect(t)).welcome?.session;
    assert.equal((await refusal(t, server, { session })).code, 'unauthorized');
    assert.equal((await server.connect(t, withToken(tokenOf('ann')))).userId, 'ann');
  });
});

describe('a token', () => {
  test('says who someone is, to themselves and to the others', async (t) => {
    const server = await TestServer.start(t, { env });
    const ben = await server.member(t, 'Ben');
    const ann = await member(t, server, tokenOf('ann', { name: 'Ann', metadata: { team: 'red' } }));
    assert.deepEqual([ann.userId, ann.welcome?.name, ann.welcome?.session], ['ann', 'Ann', null]);
    assert.ok((ann.welcome?.expiresAt ?? 0) > Date.now());
    const { participant } = await ben.hears('participantJoined');
    const { id: _, ...seen } = participant;
    assert.deepEqual(seen, {
      userId: 'ann',
      name: 'Ann',
      metadata: { team: 'red' },
      muted: false,
      deafened: false,
      silenced: false,
      connection: 'connected',
      canSpeak: true,
      canListen: true,
    });
    const nameless = await member(t, server, tokenOf('cal'));
    assert.equal((await nameless.snapshot()).participants.at(-1)?.name, 'whatever');
  });

  test('opens the room it names, and no room without the grant', async (t) => {
    const server = await TestServer.start(t, { env });
    const input = { roomId: 'den', name: 'Ann', muted: false, deafened: false, joinId: 'join-of-ann' };
    const ann = await member(t, server, tokenOf('ann', { room: 'lobby' }));
    assert.equal(await ann.refusal('room:join', input), 'not_allowed');
    const ben = await server.connect(t, withToken(tokenOf('ben', { grants: { join: false } })));
    assert.equal(await ben.refusal('room:join', { ...input, roomId: 'lobby' }), 'not_allowed');
    assert.equal(await server.store.count(), 1);
  });

  test('that is no good is refused, and makes no guest', async (t) => {
    const server = await TestServer.start(t, { env });
    const clock = new FakeClock(Date.now() - 3_600_000);
    for (const [token, code] of [
      ['garbage', 'unauthorized'],
      ['', 'unauthorized'],
      [tokenOf('ann', { apiKey: 'nobody' }), 'unauthorized'],
      [tokenOf('ann', { apiSecret: 'another' }), 'unauthorized'],
      [tokenOf('ann', { expiresInSeconds: 100_000 }), 'unauthorized'],
      [tokenOf('ann', {}, clock), 'token_expired'],
      ['x'.repeat(8193), 'invalid_request'],
    ] as const) {
      const { code: found, retryable } = await refusal(t, server, { token });
      assert.deepEqual([found, retryable], [code, false], token.slice(0, 20));
    }
  });

  test('of an issuer whose keys cannot be had may be tried again, and then is good', async (t) => {
    const issuer = await TestIssuer.start(t);
    const server = await TestServer.start(t, { env: { SUPABASE_URL: issuer.url } });
    issuer.mode = 'error';
    const token = await issuer.token('es');
    const { code, retryable } = await refusal(t, server, { token });
    assert.deepEqual([code, retryable], ['identity_unavailable', true]);
    issuer.mode = 'keys';
    const other = await TestServer.start(t, { env: { SUPABASE_URL: issuer.url } });
    const ann = await other.connect(t, withToken(token));
    assert.equal(ann.userId, issuer.claims.sub);
    assert.equal((await refusal(t, other, { token: await issuer.token('stranger') })).code, 'unauthorized');
  });
});

describe('a session', () => {
  async function expiring(t: TestContext, options: Partial<AccessTokenOptions> = {}) {
    const clock = new FakeClock(1_700_000_000_000);
    const server = await TestServer.start(t, { env, clock });
    const ben = await server.member(t, 'Ben');
    const ann = await member(t, server, tokenOf('ann', options, clock));
    return { clock, server, ben, ann };
  }

  test('ends with its token: announced, told why, hung up on, gone from the room at once', async (t) => {
    const { clock, ben, ann } = await expiring(t);
    clock.advance(540_000);
    await until('the warning', () => ann.expiring.length === 1);
    assert.equal(ann.expiring[0]?.expiresAt, 1_700_000_600_000);
    clock.advance(60_000);
    await until('the end', () => !ann.socket.connected);
    assert.equal(ann.ended?.code, 'token_expired');
    const { reason } = await ben.hears('participantLeft', ({ participantId }) => participantId === ann.id);
    assert.equal(reason, 'left');
  });

  test('goes on with a newer token, whose name and grants the others see at once', async (t) => {
    const { clock, ben, ann } = await expiring(t);
    clock.advance(540_000);
    const lesser = { name: 'Ann', metadata: { team: 'blue' }, grants: { speak: false }, expiresInSeconds: 600 };
    const answer = await ann.request('session:refresh', { token: tokenOf('ann', lesser, clock) });
    assert.deepEqual(answer, {
      name: 'Ann',
      grants: { join: true, speak: false, listen: true, moderate: false },
      expiresAt: 1_700_001_140_000,
    });
    const { participant } = await ben.hears('participantUpdated');
    const { name, metadata, canSpeak } = participant;
    assert.deepEqual({ name, metadata, canSpeak }, { name: 'Ann', metadata: { team: 'blue' }, canSpeak: false });
    clock.advance(120_000);
    await ann.snapshot();
    assert.equal(ann.ended, undefined);
  });

  test('is not renewed with another user’s token, nor with a bad one; a guest’s not at all', async (t) => {
    const { clock, ben, ann } = await expiring(t);
    assert.equal(await ann.refusal('session:refresh', { token: tokenOf('eve', {}, clock) }), 'unauthorized');
    assert.equal(await ann.refusal('session:refresh', { token: 'garbage' }), 'unauthorized');
    assert.equal(await ben.refusal('session:refresh', { token: tokenOf('ann', {}, clock) }), 'unauthorized');
    const old = new FakeClock(clock.now() - 700_000);
    assert.equal(await ann.refusal('session:refresh', { token: tokenOf('ann', {}, old) }), 'token_expired');
  });

  test('that no longer opens a room leaves it, and is told', async (t) => {
    const { clock, ben, ann } = await expiring(t);
    await ann.request('session:refresh', { token: tokenOf('ann', { room: 'den' }, clock) });
    await until('the word', () => ann.closed[0]?.code === 'not_allowed');
    await ben.hears('participantLeft', ({ participantId }) => participantId === ann.id);
    assert.ok(ann.socket.connected);
  });
});

describe('one connection per user', () => {
  test('the newest wins; the older is told and its participant leaves', async (t) => {
    const server = await TestServer.start(t, { env });
    const ben = await server.member(t, 'Ben');
    const older = await member(t, server, tokenOf('ann'));
    const newer = await member(t, server, tokenOf('ann'));
    await until('the older to be hung up on', () => !older.socket.connected);
    assert.equal(older.ended?.code, 'replaced');
    await ben.hears('participantLeft', ({ participantId }) => participantId === older.id);
    const names = (await newer.snapshot()).participants.map(({ userId }) => userId);
    assert.deepEqual(
      names.sort((a, b) => a.localeCompare(b)),
      ['ann', ben.userId],
    );
  });

  test('a reconnect of the same client resumes: nobody leaves', async (t) => {
    const server = await TestServer.start(t, { env });
    const ben = await server.member(t, 'Ben');
    const token = tokenOf('ann');
    const ann = await server.connect(t, withToken(token, { instance: 'one-client' }));
    await ann.join('lobby', 'Ann');
    ann.cut();
    const again = await server.connect(t, withToken(token, { instance: 'one-client' }));
    await again.resume(ann);
    assert.equal(again.id, ann.id);
    await ben.hears('participantUpdated', ({ participant }) => participant.connection === 'connected');
    assert.ok(!ben.heard.some(({ type }) => type === 'participantLeft'));
  });

  test('another client of the user ends what a dropped one left behind, at once', async (t) => {
    const server = await TestServer.start(t, { env });
    const ben = await server.member(t, 'Ben');
    const ann = await member(t, server, tokenOf('ann'));
    ann.cut();
    await ben.hears('participantUpdated', ({ participant }) => participant.connection === 'reconnecting');
    const other = await server.connect(t, withToken(tokenOf('ann')));
    await ben.hears('participantLeft', ({ participantId }) => participantId === ann.id);
    assert.equal(await other.refusal('room:resume', ann.resumeInput), 'resume_rejected');
  });

  test('what one user was given lets no other resume', async (t) => {
    const server = await TestServer.start(t, { env });
    const ann = await member(t, server, tokenOf('ann'));
    const eve = await server.connect(t, withToken(tokenOf('eve')));
    assert.equal(await eve.refusal('room:resume', ann.resumeInput), 'resume_rejected');
    await ann.snapshot();
  });
});

describe('grants on the SFU', () => {
  async function onSfu(t: TestContext, grants: object) {
    const clock = new FakeClock(1_700_000_000_000);
    const server = await TestServer.start(t, { env: { ...env, MESH_MAX_PEERS: '1' }, clock });
    const ben = await server.member(t, 'Ben');
    const ann = await member(t, server, tokenOf('ann', { grants }, clock));
    const at = { roomId: 'lobby', epoch: ann.joined?.snapshot.topology.next?.epoch ?? 0 };
    const produce = async (client: TestClient) => {
      const { send } = await client.request('sfu:open', at);
      await client.request('sfu:connect', { ...at, transportId: send.id, dtlsParameters });
      return { ...at, transportId: send.id, rtpParameters, paused: false };
    };
    return { clock, server, ben, ann, at, produce };
  }

  test('who may not speak cannot produce; who no longer may loses what they produced', async (t) => {
    const { clock, server, ben, ann, produce } = await onSfu(t, { speak: false });
    const input = await produce(ann);
    assert.equal(await ann.refusal('sfu:produce', input), 'not_allowed');
    await ann.request('session:refresh', { token: tokenOf('ann', {}, clock) });
    const { producerId } = await ann.request('sfu:produce', input);
    await ben.hears('producerAdded', ({ producer }) => producer.producerId === producerId);
    await ann.request('session:refresh', { token: tokenOf('ann', { grants: { speak: false } }, clock) });
    await ben.hears('producerRemoved', (event) => event.producerId === producerId);
    await until('the SFU to be told', () => server.sfu.counts().producers === 0);
  });

  test('who may not listen cannot consume; who no longer may loses what they consumed', async (t) => {
    const { clock, server, ben, ann, at, produce } = await onSfu(t, { listen: false });
    const { producerId } = await ben.request('sfu:produce', await produce(ben));
    await ann.request('sfu:open', at);
    const consume = { ...at, producerIds: [producerId], rtpCapabilities };
    assert.equal(await ann.refusal('sfu:consume', consume), 'not_allowed');
    await ann.request('session:refresh', { token: tokenOf('ann', {}, clock) });
    assert.equal((await ann.request('sfu:consume', consume)).consumers.length, 1);
    await ann.request('session:refresh', { token: tokenOf('ann', { grants: { listen: false } }, clock) });
    await until('the SFU to have ended it', () => server.sfu.counts().consumers === 0);
  });
});

test('no secret, token or session is ever logged or measured', async (t) => {
  const lines: string[] = [];
  const logger = createLogger({ level: 'debug', write: (line) => lines.push(line) });
  const issuer = await TestIssuer.start(t);
  const legacy = 'a legacy secret of a project, 40 characters';
  const options: TestServerOptions = {
    logger,
    env: { ...env, SUPABASE_URL: issuer.url, SUPABASE_JWT_SECRET: legacy, SESSION_SECRET: 'a session secret of ours' },
  };
  const server = await TestServer.start(t, options);
  const good = tokenOf('ann');
  const bad = [tokenOf('ann', { apiSecret: 'another secret' }), await issuer.token('stranger'), 'garbage.of.tokens'];
  issuer.mode = 'error';
  await refusal(t, server, { token: await issuer.token('es') });
  const ann = await member(t, server, good);
  const guest = await server.member(t, 'Ben');
  for (const token of bad) await refusal(t, server, { token });
  for (const token of bad) await ann.ask('session:refresh', { token });
  await member(t, server, tokenOf('ann', { expiresInSeconds: 60 }));
  const told = lines.join('\n') + (await (await fetch(`${server.url}/metrics`)).text());
  assert.ok(lines.some((line) => line.includes('"handshake refused"')));
  assert.ok(lines.some((line) => line.includes('"session ended"')));
  const secrets = [SECRET, legacy, 'a session secret of ours', 'another secret', good, ...bad];
  const given = [guest.welcome?.session, guest.joined?.resumeToken, ann.joined?.resumeToken];
  for (const secret of [...secrets, ...given]) {
    assert.ok(secret);
    assert.ok(!told.includes(secret), `told: ${secret}`);
    const [, , signature] = secret.split('.');
    if (signature && signature.length > 20) assert.ok(!told.includes(signature), 'a signature was told');
  }
});
