import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ParticipantStats } from '@parley/voice-sdk';
import { inPercent, levelOf, roomQuality } from './quality.ts';

const stats = (rtt: number | null, jitter: number | null, loss: number | null): ParticipantStats => ({
  path: 'mesh',
  rtt,
  jitter,
  loss,
  bitrate: 1000,
});

test('names a connection by what one would hear', () => {
  assert.equal(levelOf(stats(30, 3, 0)), 'good');
  assert.equal(levelOf(stats(200, 10, 0.01)), 'good');
  assert.equal(levelOf(stats(60, 5, 0.08)), 'fair');
  assert.equal(levelOf(stats(600, 30, 0)), 'fair');
  assert.equal(levelOf(stats(60, 5, 0.2)), 'poor');
});

test('a room is its middle connection; alone there is nothing to say', () => {
  const people = new Map([
    ['a', stats(30, 2, 0)],
    ['b', stats(40, 3, 0)],
    ['c', stats(900, 90, 0.3)],
    ['d', stats(null, null, null)],
  ]);
  const quality = roomQuality({ participants: people, sendBitrate: 32_000 });
  assert.equal(quality.overall?.level, 'good');
  assert.equal(quality.overall?.rtt, 40);
  assert.equal(quality.overall?.bitrate, 3000);
  assert.equal(quality.byParticipant.get('c')?.level, 'poor');
  assert.equal(quality.byParticipant.has('d'), false);
  assert.equal(roomQuality({ participants: new Map(), sendBitrate: null }).overall, null);
});

test('writes shares as people read them', () => {
  assert.equal(inPercent(0), '0 %');
  assert.equal(inPercent(0.004), '0.4 %');
  assert.equal(inPercent(0.25), '25 %');
  assert.equal(inPercent(null), '–');
});
