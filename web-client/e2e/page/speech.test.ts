import { deepEqual, notDeepEqual, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { chance } from './chance.ts';
import { synthesizeSpeech } from './speech.ts';

const RATE = 16_000;
const FRAME = RATE / 50;

/** Frames of 20 ms that are loud enough to hear. */
function heard(samples: Float32Array): Float32Array[] {
  const frames = Array.from({ length: samples.length / FRAME }, (_, i) => samples.subarray(i * FRAME, (i + 1) * FRAME));
  return frames.filter((frame) => Math.sqrt(frame.reduce((sum, sample) => sum + sample ** 2, 0) / FRAME) > 0.003);
}

test('the same is said for the same chance, and something else for another', () => {
  const say = (seed: number) => synthesizeSpeech(RATE, 0.5, 120, chance(seed));
  deepEqual(say(1), say(1));
  notDeepEqual(say(1), say(2));
});

test('it talks most of the time, stops now and then, and is never too loud', () => {
  const samples = synthesizeSpeech(RATE, 6, 180, chance(1));
  const share = heard(samples).length / (samples.length / FRAME);
  ok(share > 0.6 && share < 0.95, `${share}`);
  ok(samples.every((sample) => Math.abs(sample) <= 0.2501));
});

test('what is voiced repeats itself at about the pitch', () => {
  const samples = synthesizeSpeech(RATE, 3, 120, chance(1));
  const [from, to] = [RATE / (120 * 1.4), RATE / (120 * 0.7)].map(Math.round) as [number, number];
  const likeness = (frame: Float32Array, lag: number) => {
    let [product, energy, lagged] = [0, 0, 0];
    for (let i = lag; i < frame.length; i++) {
      const [now = 0, then = 0] = [frame[i], frame[i - lag]];
      product += now * then;
      energy += now ** 2;
      lagged += then ** 2;
    }
    return product / Math.sqrt(energy * lagged + 1e-12);
  };
  const lags = Array.from({ length: to - from }, (_, i) => from + i);
  const frames = heard(samples);
  const voiced = frames.filter((frame) => Math.max(...lags.map((lag) => likeness(frame, lag))) > 0.7);
  ok(voiced.length > frames.length / 2, `${voiced.length} of ${frames.length}`);
});
