import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ContributingSource, SlotHolder } from './slot-holder.ts';

const played = (source: number, timestamp: number, rtpTimestamp = timestamp * 48): ContributingSource => ({
  source,
  timestamp,
  rtpTimestamp: rtpTimestamp >>> 0,
});

test('a slot is whose frame was played last, in whatever order the browser tells', () => {
  const holder = new SlotHolder();
  assert.equal(holder.csrc, null);
  assert.equal(holder.look([], 0), false);
  assert.ok(holder.look([played(1, 100)], 0));
  assert.equal(holder.csrc, 1);
  assert.equal(holder.look([played(1, 120)], 20), false, 'the same person goes on');
  assert.ok(holder.look([played(1, 120), played(2, 140)], 40));
  assert.equal(holder.csrc, 2);
  assert.ok(holder.look([played(1, 160), played(2, 140)], 60));
  assert.equal(holder.csrc, 1);
});

test('of two in one frame it is the one that was sent later, also where RTP time wraps around', () => {
  const holder = new SlotHolder();
  holder.look([played(1, 100, 960), played(2, 100, 1920)], 0);
  assert.equal(holder.csrc, 2);
  holder.look([played(3, 120, 2 ** 32 + 10), played(4, 120, 2 ** 32 - 950)], 20);
  assert.equal(holder.csrc, 3);
});

test('between two words, and between the packets that say there is silence, it stays theirs; then it is nobody’s', () => {
  const holder = new SlotHolder();
  holder.look([played(1, 100)], 0);
  assert.equal(holder.look([played(1, 100)], 450), false);
  holder.look([played(1, 500)], 460);
  assert.equal(holder.look([played(1, 500)], 900), false);
  assert.ok(holder.look([played(1, 500)], 1_000));
  assert.equal(holder.csrc, null);
  assert.equal(holder.look([played(1, 500)], 1_020), false, 'what the browser remembers is no frame');
  assert.ok(holder.look([played(1, 1_040)], 1_040));
});
