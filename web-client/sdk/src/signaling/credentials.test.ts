import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PROTOCOL_VERSIONS } from '@parley/shared/protocol';
import { FakeClock, silentLogger } from '@parley/shared/runtime';
import type { TokenSource } from '../types.ts';
import { Credentials } from './credentials.ts';

function setUp(token: TokenSource | undefined) {
  const clock = new FakeClock();
  return { clock, credentials: new Credentials({ token, clock, log: silentLogger }) };
}

/** Lets time pass until `work` has ended, however it does. */
async function whilePassing<T>(clock: FakeClock, work: Promise<T>): Promise<T> {
  let over = false;
  const end = work.finally(() => {
    over = true;
  });
  end.catch(() => {});
  for (let i = 0; i < 100 && !over; i++) {
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(200);
  }
  return end;
}

test('a guest is the same at every handshake, as soon as the server has said who they are', async () => {
  const { credentials } = setUp(undefined);
  const first = await credentials.handshake();
  assert.deepEqual(first, {
    versions: [...PROTOCOL_VERSIONS],
    instance: first.instance,
    session: undefined,
    token: undefined,
  });
  assert.ok((first.instance?.length ?? 0) >= 8);
  credentials.welcomed('a session');
  assert.deepEqual(await credentials.handshake(), { ...first, session: 'a session' });
});

test('a function is asked anew each time, and told apart from a string', async () => {
  let count = 0;
  const { credentials } = setUp(() => `token ${++count}`);
  assert.ok(credentials.canRenew);
  assert.equal((await credentials.handshake()).token, 'token 1');
  assert.equal((await credentials.handshake()).token, 'token 2');
  credentials.replace('a string');
  assert.ok(!credentials.canRenew);
  assert.equal(await credentials.token(), 'a string');
});

test('a function that fails is asked again, a few times, less and less often', async () => {
  const askedAt: number[] = [];
  const { clock, credentials } = setUp(async () => {
    askedAt.push(clock.now());
    throw new Error('the backend is away');
  });
  await assert.rejects(whilePassing(clock, credentials.token()), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'unauthorized');
    assert.match(String(error.cause), /the backend is away/);
    return true;
  });
  assert.equal(askedAt.length, 4);
  const waits = askedAt.slice(1).map((at, i) => at - (askedAt[i] ?? 0));
  assert.deepEqual(
    [...waits].sort((a, b) => a - b),
    waits,
  );
  assert.equal(clock.pending, 0);
});

test('a function that never answers is given up, one that answers late is not waited for', async () => {
  let count = 0;
  const { clock, credentials } = setUp(() => (++count === 1 ? new Promise<string>(() => {}) : 'a token'));
  assert.equal(await whilePassing(clock, credentials.token()), 'a token');
  assert.equal(count, 2);
});
