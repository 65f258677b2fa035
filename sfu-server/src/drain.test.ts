import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@parley/shared/runtime';
import { Drain } from './drain.ts';

function drainOf(rooms: number) {
  const clock = new FakeClock();
  const it = { clock, rooms, ends: 0 };
  const drain = new Drain({ clock, isEmpty: () => it.rooms === 0, onOver: () => it.ends++ });
  return Object.assign(it, { drain });
}

test('a node without rooms ends at once, one that was not told to does not', () => {
  const it = drainOf(0);
  it.drain.changed();
  it.clock.advance(1e6);
  assert.equal(it.ends, 0);
  it.drain.start(60_000);
  it.clock.advance(0);
  assert.equal(it.ends, 1);
  it.clock.advance(1e6);
  assert.equal(it.ends, 1);
});

test('it ends when the last room has left', () => {
  const it = drainOf(2);
  it.drain.start(60_000);
  for (const left of [1, 0]) {
    it.clock.advance(10_000);
    assert.equal(it.ends, 0);
    it.rooms = left;
    it.drain.changed();
  }
  it.clock.advance(0);
  assert.equal(it.ends, 1);
});

test('rooms that stay are not waited for beyond the deadline; of two deadlines the earlier holds', () => {
  const it = drainOf(1);
  it.drain.start(60_000);
  it.clock.advance(10_000);
  it.drain.start(5_000);
  it.drain.start(20_000);
  it.clock.advance(4_999);
  assert.equal(it.ends, 0);
  it.clock.advance(1);
  assert.equal(it.ends, 1);
});

test('called off, it ends nothing', () => {
  const it = drainOf(1);
  it.drain.start(10);
  it.drain.close();
  it.rooms = 0;
  it.drain.changed();
  it.drain.start(5);
  it.clock.advance(1e6);
  assert.equal(it.ends, 0);
});
