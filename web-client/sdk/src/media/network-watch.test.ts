import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Clock, FakeClock, type Timer } from '@parley/shared/runtime';
import { NetworkWatch } from './network-watch.ts';

function setUp() {
  const fake = new FakeClock();
  let sleptMs = 0;
  /** Time that passes while no timer runs. */
  const clock: Clock = {
    now: () => fake.now() + sleptMs,
    after: (ms, fn) => fake.after(ms, fn),
    cancel: (timer: Timer | undefined) => fake.cancel(timer),
  };
  const connection = Object.assign(new EventTarget(), { type: 'wifi' as string | undefined });
  const signs = { window: new EventTarget(), document: new EventTarget(), connection };
  const watch = new NetworkWatch({ signs, clock });
  const seen: string[] = [];
  watch.on('changed', (why) => seen.push(why));
  return { fake, signs, watch, seen, sleep: (ms: number) => (sleptMs += ms) };
}

test('a browser that is online again, a page that was frozen and another kind of network are told', () => {
  const { signs, seen } = setUp();
  signs.window.dispatchEvent(new Event('online'));
  signs.document.dispatchEvent(new Event('resume'));
  signs.connection.type = 'cellular';
  signs.connection.dispatchEvent(new Event('change'));
  assert.deepEqual(seen, ['online', 'resumed', 'type']);
});

test('another estimate of the same network is no news, nor is having none', () => {
  const { signs, seen } = setUp();
  signs.connection.dispatchEvent(new Event('change'));
  signs.connection.type = 'none';
  signs.connection.dispatchEvent(new Event('change'));
  assert.deepEqual(seen, []);
  signs.connection.type = 'wifi';
  signs.connection.dispatchEvent(new Event('change'));
  assert.deepEqual(seen, ['type'], 'back from none there may be another');
});

test('time that jumps means the device slept; a busy page is not asleep', () => {
  const { fake, seen, sleep } = setUp();
  fake.advance(60_000);
  sleep(4_900);
  fake.advance(2_000);
  assert.deepEqual(seen, []);
  sleep(30_000);
  fake.advance(2_000);
  assert.deepEqual(seen, ['woke']);
  fake.advance(60_000);
  assert.deepEqual(seen, ['woke']);
});

test('closed, it hears nothing more', () => {
  const { fake, signs, watch, seen } = setUp();
  watch.close();
  signs.window.dispatchEvent(new Event('online'));
  assert.deepEqual([seen, fake.pending], [[], 0]);
});

test('a browser without any of these signs does', () => {
  const clock = new FakeClock();
  new NetworkWatch({ signs: {}, clock }).close();
  assert.equal(clock.pending, 0);
});
