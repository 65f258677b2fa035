import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ParleyError } from '@parley/shared/protocol';
import { FakeClock, silentLogger } from '@parley/shared/runtime';
import { Renewal } from './renewal.ts';

const settle = () => new Promise((resolve) => setImmediate(resolve));

function setUp(refresh: (attempt: number) => void, token: () => Promise<string> = async () => 'token') {
  const clock = new FakeClock(0);
  const at: number[] = [];
  const renewal = new Renewal({
    token,
    refresh: async () => {
      at.push(clock.now());
      refresh(at.length);
    },
    clock,
    log: silentLogger,
  });
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 100) {
      await settle();
      clock.advance(100);
    }
    await settle();
  };
  return { clock, at, renewal, pass };
}

test('a session is renewed once, at once', async () => {
  const { clock, at, renewal, pass } = setUp(() => {});
  renewal.start(60_000);
  await pass(5_000);
  assert.deepEqual(at, [0]);
  assert.equal(clock.pending, 0);
});

test('what may pass is tried again, less and less often, until the session ends', async () => {
  const { clock, at, renewal, pass } = setUp(() => {
    throw new ParleyError('identity_unavailable');
  });
  renewal.start(20_000);
  await pass(60_000);
  assert.ok(at.length >= 5 && at.length <= 8, String(at));
  assert.ok((at.at(-1) ?? 0) <= 28_000, String(at));
  assert.equal(clock.pending, 0);
});

test('a token that is not accepted is not shown again', async () => {
  const { at, renewal, pass } = setUp(() => {
    throw new ParleyError('unauthorized');
  });
  renewal.start(60_000);
  await pass(10_000);
  assert.deepEqual(at, [0]);
});

test('a backend that is away may come back', async () => {
  let asked = 0;
  const { at, renewal, pass } = setUp(
    () => {},
    async () => {
      if (++asked < 3) throw new ParleyError('unauthorized', 'No access token could be had.', { cause: new Error() });
      return 'token';
    },
  );
  renewal.start(60_000);
  await pass(10_000);
  assert.deepEqual([asked, at.length], [3, 1]);
});

test('a connection that is lost is not renewed', async () => {
  const { clock, at, renewal, pass } = setUp(() => {
    throw new ParleyError('connection_lost');
  });
  renewal.start(60_000);
  await settle();
  renewal.cancel();
  await pass(10_000);
  assert.deepEqual(at, [0]);
  assert.equal(clock.pending, 0);
});
