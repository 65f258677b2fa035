import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DIRECT, isNearSlots, type Microphones, type Mode, nextMode } from './mode.ts';

const OPTIONS = { slots: 6, directProducersMax: 24, calmMs: 30_000 };
const FEW = { open: 4, producers: 16 };

/** The mode after each of these, a second apart. */
function run(mode: Mode, ...all: Microphones[]): Mode {
  return all.reduce((before, microphones, i) => nextMode(before, microphones, OPTIONS, i * 1_000), mode);
}

test('a room uses slots once more are open than there are slots, or too many are there at all', () => {
  assert.equal(run(DIRECT, { open: 6, producers: 24 }).slots, false);
  assert.equal(run(DIRECT, { open: 7, producers: 7 }).slots, true);
  assert.equal(run(DIRECT, { open: 0, producers: 25 }).slots, true);
});

test('it forwards directly again when little has been going on for half a minute, without a break', () => {
  const slots = run(DIRECT, { open: 7, producers: 25 });
  const calm = (seconds: number) => Array.from({ length: seconds + 1 }, () => FEW);
  assert.equal(run(slots, ...calm(29)).slots, true);
  assert.deepEqual(run(slots, ...calm(30)), DIRECT);
  for (const busy of [
    { open: 5, producers: 5 },
    { open: 0, producers: 17 },
  ]) {
    assert.equal(run(slots, ...calm(20), busy, ...calm(29)).slots, true);
    assert.equal(run(slots, ...calm(20), busy, ...calm(30)).slots, false);
  }
});

test('it does not flap: what has just been begun is not ended within the half minute', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ open: fc.nat(12), producers: fc.nat(30), passed: fc.nat(40_000) })),
      fc.integer({ min: 1, max: 8 }),
      (all, slots) => {
        let mode: Mode = DIRECT;
        let now = 0;
        let begun = 0;
        for (const { passed, ...microphones } of all) {
          now += passed;
          const before = mode;
          mode = nextMode(mode, microphones, { ...OPTIONS, slots }, now);
          const needs = microphones.open > slots || microphones.producers > 24;
          if (needs) assert.ok(mode.slots);
          if (mode.slots && !before.slots) begun = now;
          if (!mode.slots && before.slots) assert.ok(now - begun >= OPTIONS.calmMs);
          if (mode.slots || needs) continue;
          assert.deepEqual(mode, DIRECT);
        }
      },
    ),
  );
});

test('levels are listened to before slots are needed', () => {
  assert.equal(isNearSlots({ open: 5, producers: 23 }, OPTIONS), false);
  assert.equal(isNearSlots({ open: 6, producers: 6 }, OPTIONS), true);
  assert.equal(isNearSlots({ open: 0, producers: 24 }, OPTIONS), true);
});
