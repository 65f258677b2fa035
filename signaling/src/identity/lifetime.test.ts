import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@parley/shared/runtime';
import { Lifetime } from './lifetime.ts';

function setUp() {
  const clock = new FakeClock(0);
  const told: string[] = [];
  const lifetime = new Lifetime({
    clock,
    warningMs: 60_000,
    onExpiring: (at) => told.push(`${clock.now()}: expiring at ${at}`),
    onExpired: () => told.push(`${clock.now()}: expired`),
  });
  return { clock, told, lifetime };
}

test('the end is announced a minute before, and comes', () => {
  const { clock, told, lifetime } = setUp();
  lifetime.set(600_000);
  clock.advance(1_000_000);
  assert.deepEqual(told, ['540000: expiring at 600000', '600000: expired']);
  assert.equal(clock.pending, 0);
});

test('what lives shorter than the warning is announced half-way', () => {
  const { clock, told, lifetime } = setUp();
  lifetime.set(20_000);
  clock.advance(20_000);
  assert.deepEqual(told, ['10000: expiring at 20000', '20000: expired']);
});

test('renewed in time, it goes on; for good, it never ends; closed, it says nothing', () => {
  const { clock, told, lifetime } = setUp();
  lifetime.set(100_000);
  clock.advance(50_000);
  lifetime.set(300_000);
  clock.advance(200_000);
  assert.deepEqual(told, ['50000: expiring at 100000', '240000: expiring at 300000']);
  lifetime.set(null);
  clock.advance(1_000_000);
  lifetime.set(clock.now() + 1_000);
  lifetime.close();
  clock.advance(1_000_000);
  assert.ok(!told.some((it) => it.includes('expired')));
  assert.equal(clock.pending, 0);
});

test('a life longer than a timer can wait ends when it should', () => {
  const { clock, told, lifetime } = setUp();
  const days = 40 * 86_400_000;
  lifetime.set(days);
  clock.advance(days);
  assert.deepEqual(told, [`${days - 60_000}: expiring at ${days}`, `${days}: expired`]);
});
