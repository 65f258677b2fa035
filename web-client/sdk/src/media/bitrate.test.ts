import assert from 'node:assert/strict';
import { test } from 'node:test';
import { array, check, double, integer, property, record } from 'fast-check';
import { BitrateController } from './bitrate.ts';

const BOUNDS = { min: 16_000, max: 64_000 };
const times = (count: number, act: () => void) => Array.from({ length: count }, act);

test('it begins at 32 kbit/s, or within its bounds', () => {
  assert.equal(new BitrateController(BOUNDS).bitrate, 32_000);
  assert.equal(new BitrateController({ min: 16_000, max: 24_000 }).bitrate, 24_000);
  assert.equal(new BitrateController({ min: 48_000, max: 64_000 }).bitrate, 48_000);
  assert.equal(new BitrateController({ min: 64_000, max: 20_000 }).bitrate, 20_000, 'the upper bound holds');
});

test('without loss it grows slowly to the upper bound', () => {
  const controller = new BitrateController(BOUNDS);
  controller.report({ loss: 0, rttMs: 30 });
  assert.equal(controller.bitrate, 32_000, 'one good report may be luck');
  controller.report({ loss: 0, rttMs: 30 });
  assert.equal(controller.bitrate, 33_600);
  times(20, () => controller.report({ loss: 0.01, rttMs: 30 }));
  assert.equal(controller.bitrate, 64_000);
});

test('some loss leaves it alone', () => {
  const controller = new BitrateController(BOUNDS);
  times(50, () => controller.report({ loss: 0.05, rttMs: 30 }));
  assert.equal(controller.bitrate, 32_000);
});

test('much loss lowers it, as far as FEC has room', () => {
  const controller = new BitrateController(BOUNDS);
  controller.report({ loss: 0.2, rttMs: 30 });
  assert.equal(controller.bitrate, 28_800);
  times(10, () => controller.report({ loss: 0.2, rttMs: 30 }));
  assert.equal(controller.bitrate, 24_000);
});

test('a round trip that grows is a queue: then it goes to the lower bound, with or without loss', () => {
  const controller = new BitrateController(BOUNDS);
  times(3, () => controller.report({ loss: 0.05, rttMs: 40 }));
  times(30, () => controller.report({ loss: 0, rttMs: 400 }));
  assert.equal(controller.bitrate, 16_000);
  times(3, () => controller.report({ loss: 0.3, rttMs: 40 }));
  assert.equal(controller.bitrate, 16_000, 'loss never raises it');
  times(60, () => controller.report({ loss: 0, rttMs: 40 }));
  assert.equal(controller.bitrate, 64_000, 'and back');
});

test('a long way is not a queue, nor is one that has become long for good', () => {
  const controller = new BitrateController(BOUNDS);
  times(4, () => controller.report({ loss: 0, rttMs: 500 }));
  assert.ok(controller.bitrate > 32_000);
  const moved = new BitrateController(BOUNDS);
  moved.report({ loss: 0, rttMs: 100 });
  times(600, () => moved.report({ loss: 0, rttMs: 300 }));
  assert.equal(moved.bitrate, 64_000);
});

test('whatever is reported, it stays within its bounds, falls by less than half at a time, and rises by 5 % at most', () => {
  const report = record({ loss: double({ min: 0, max: 1, noNaN: true }), rttMs: integer({ min: 0, max: 5_000 }) });
  const result = check(
    property(array(report, { maxLength: 60 }), (reports) => {
      const controller = new BitrateController(BOUNDS);
      for (const one of reports) {
        const before = controller.bitrate;
        controller.report(one);
        assert.ok(controller.bitrate >= 16_000 && controller.bitrate <= 64_000);
        assert.ok(controller.bitrate <= before * 1.05 + 1 && controller.bitrate >= before / 2 - 1);
        if (one.loss > 0.1) assert.ok(controller.bitrate <= before);
      }
    }),
    { seed: 4, numRuns: 300 },
  );
  assert.equal(result.failed, false, String(result.errorInstance ?? ''));
});
