import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@parley/shared/runtime';
import { FirstAudio } from './first-audio.ts';

function setUp() {
  const clock = new FakeClock();
  const sources = [{ firstFrameAt: 0 }, { firstFrameAt: 0 }] as const;
  const first = new FirstAudio({ askedAt: 5_000, sources: () => sources, clock });
  return { clock, sources, first };
}

test('the first sound of anyone is told, once', () => {
  const { clock, sources, first } = setUp();
  clock.advance(500);
  assert.equal(first.take(), null);
  Object.assign(sources[0], { firstFrameAt: 5_900 });
  Object.assign(sources[1], { firstFrameAt: 5_640 });
  clock.advance(100);
  assert.equal(first.take(), 640);
  assert.equal(first.take(), null);
  assert.equal(clock.pending, 0);
});

test('whoever says nothing for long is waited for no longer', () => {
  const { clock, sources, first } = setUp();
  clock.advance(60_000);
  assert.equal(clock.pending, 0);
  Object.assign(sources[0], { firstFrameAt: 70_000 });
  assert.equal(first.take(), null);
});

test('closed, it looks no more', () => {
  const { clock, first } = setUp();
  first.close();
  assert.equal(clock.pending, 0);
});
