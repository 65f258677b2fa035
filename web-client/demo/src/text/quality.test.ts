import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ParticipantStats } from '@parley/voice-sdk';
import { inPercent, levelOf, roomQuality } from './quality.ts';

const stats = (mos: number | null, rtt: number | null = 40): ParticipantStats => ({
  path: 'mesh',
  rtt,
  jitter: 3,
  jitterBuffer: 60,
  loss: 0,
  bitrate: 1000,
  mos,
});

test('names a connection by what one would hear', () => {
  assert.deepEqual([4.41, 4, 3.9, 3.1, 3, 1].map(levelOf), ['good', 'good', 'fair', 'fair', 'poor', 'poor']);
});

test('a room is its middle connection; alone there is nothing to say', () => {
  const people = new Map([
    ['a', stats(4.4, 30)],
    ['b', stats(4.3, 40)],
    ['c', stats(1.2, 900)],
    ['d', stats(null, null)],
  ]);
  const quality = roomQuality({ participants: people, sendBitrate: 32_000 });
  assert.equal(quality.overall?.level, 'good');
  assert.equal(quality.overall?.mos, 4.3);
  assert.equal(quality.overall?.rtt, 40);
  assert.equal(quality.overall?.bitrate, 3000);
  assert.equal(quality.byParticipant.get('c')?.level, 'poor');
  assert.equal(quality.byParticipant.has('d'), false);
  assert.equal(roomQuality({ participants: new Map(), sendBitrate: null }).overall, null);
});

test('who has said nothing lately sounds as they did', () => {
  const of = (mos: number | null) => ({ participants: new Map([['a', stats(mos)]]), sendBitrate: null });
  const before = roomQuality(of(3.5));
  assert.equal(roomQuality(of(null), before).byParticipant.get('a')?.level, 'fair');
  assert.equal(roomQuality(of(null)).byParticipant.size, 0);
});

test('writes shares as people read them', () => {
  assert.equal(inPercent(0), '0 %');
  assert.equal(inPercent(0.004), '0.4 %');
  assert.equal(inPercent(0.25), '25 %');
  assert.equal(inPercent(null), '–');
});
