import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type IceGrant, ParleyError } from '@parley/shared/protocol';
import { FakeClock, silentLogger } from '@parley/shared/runtime';
import { IceRenewal } from './ice-renewal.ts';

const settle = () => new Promise((resolve) => setImmediate(resolve));
const grant = (name: string, iceExpiresInMs: number | null = 60_000): IceGrant => ({
  iceServers: [{ urls: ['turn:t'], username: name, credential: 'c' }],
  iceExpiresInMs,
});

function setUp(fetch: (attempt: number) => IceGrant) {
  const clock = new FakeClock(0);
  const at: number[] = [];
  const applied: (string | undefined)[] = [];
  const renewal = new IceRenewal({
    fetch: async () => {
      at.push(clock.now());
      return fetch(at.length);
    },
    apply: (servers) => applied.push(servers[0]?.username),
    log: silentLogger,
    clock,
  });
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 500) {
      await settle();
      clock.advance(500);
    }
    await settle();
  };
  return { clock, at, applied, renewal, pass };
}

test('credentials are renewed before they end, again and again', async () => {
  const { at, applied, renewal, pass } = setUp((attempt) => grant(`${attempt}`));
  renewal.follow(grant('0'));
  await pass(130_000);
  assert.deepEqual(at, [40_000, 80_000, 120_000]);
  assert.deepEqual(applied, ['0', '1', '2', '3']);
});

test('what holds for good is left alone, and so is what a server of old says nothing of', async () => {
  const { clock, renewal } = setUp(() => assert.fail('asked'));
  renewal.follow(grant('0', null));
  renewal.follow({ iceServers: [] } as unknown as IceGrant);
  assert.equal(clock.pending, 0);
});

test('what fails is tried again, after what the server says if it says so; what cannot be had is not', async () => {
  const failures = [
    new ParleyError('connection_lost'),
    new ParleyError('rate_limited', undefined, { retryAfterMs: 9_000 }),
    new Error('of another kind'),
  ];
  const { at, applied, renewal, pass } = setUp((attempt) => {
    const failure = failures[attempt - 1];
    if (failure) throw failure;
    return grant(`${attempt}`);
  });
  renewal.follow(grant('0'));
  await pass(60_000);
  assert.deepEqual(at, [40_000, 44_000, 53_000, 57_000]);
  assert.deepEqual(applied, ['0', '4']);

  const { clock, ...hopeless } = setUp(() => {
    throw new ParleyError('unknown_request');
  });
  hopeless.renewal.follow(grant('0'));
  await hopeless.pass(60_000);
  assert.deepEqual(hopeless.at, [40_000]);
  assert.equal(clock.pending, 0);
});

test('what came with a reconnect takes the place of what was being fetched', async () => {
  const { at, applied, renewal, pass } = setUp((attempt) => grant(`${attempt}`));
  renewal.follow(grant('0'));
  await pass(39_500);
  renewal.follow(grant('resumed'));
  await pass(30_000);
  assert.deepEqual([at, applied], [[], ['0', 'resumed']]);
  renewal.close();
  await pass(60_000);
  assert.deepEqual(at, []);
});
