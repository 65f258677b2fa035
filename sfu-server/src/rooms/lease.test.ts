import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@parley/shared/runtime';
import { Lease } from './lease.ts';

function setUp() {
  const clock = new FakeClock();
  const state = { expired: 0 };
  const lease = new Lease({ clock, ms: 1_000, onExpired: () => state.expired++ });
  return { clock, state, lease };
}

test('expires once, that long after it was let go', () => {
  const { clock, state, lease } = setUp();
  clock.advance(5_000);
  assert.equal(state.expired, 0);
  lease.release();
  clock.advance(999);
  lease.release();
  assert.equal(state.expired, 0);
  clock.advance(1);
  assert.equal(state.expired, 1);
  lease.release();
  clock.advance(5_000);
  assert.equal(state.expired, 1);
});

test('held again in time, it starts over the next time it is let go', () => {
  const { clock, state, lease } = setUp();
  lease.release();
  clock.advance(900);
  lease.hold();
  assert.equal(lease.running, false);
  clock.advance(5_000);
  lease.release();
  clock.advance(900);
  assert.equal(state.expired, 0);
  clock.advance(100);
  assert.equal(state.expired, 1);
});

test('ended, it never expires and leaves no timer', () => {
  const { clock, state, lease } = setUp();
  lease.release();
  lease.end();
  lease.release();
  assert.equal(clock.pending, 0);
  clock.advance(5_000);
  assert.equal(state.expired, 0);
});
