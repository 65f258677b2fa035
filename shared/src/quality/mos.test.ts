import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { mouthToEarMs, type Way } from './delay.ts';
import {
  BEST_RATING,
  type CodecImpairment,
  delayImpairment,
  lossImpairment,
  mosOf,
  mosOfRating,
  OPUS,
  ratingOf,
} from './mos.ts';

const near = (actual: number, expected: number, tolerance: number, what: string) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${what}: ${actual}, not ${expected}`);

test('R becomes the MOS that G.107 publishes', () => {
  // The default R of clause 7.7, and the limits of Table B.1.
  for (const [rating, mos] of [
    [93.2, 4.41],
    [90, 4.34],
    [80, 4.03],
    [70, 3.6],
    [60, 3.1],
    [50, 2.58],
    [0, 1],
    [100, 4.5],
  ] as const) {
    near(mosOfRating(rating), mos, 0.01, `R ${rating}`);
  }
});

test('delay takes nothing off up to 100 ms, and beyond that as much as the curve of G.114 shows', () => {
  assert.equal(delayImpairment(0), 0);
  assert.equal(delayImpairment(100), 0);
  near(delayImpairment(200), 25 * (2 ** (1 / 6) - 3 * (1 + 3 ** -6) ** (1 / 6) + 2), 1e-9, 'the formula at twice mT');
  // Where figure 1 of G.114 passes from one category of G.109 to the next, as well as it can be read.
  for (const [delayMs, rating] of [
    [200, 90],
    [285, 80],
    [390, 70],
    [550, 60],
  ] as const) {
    near(BEST_RATING - delayImpairment(delayMs), rating, 1, `${delayMs} ms`);
  }
});

test('loss takes off what follows from the Ie and Bpl that G.113 gives in its Appendix I', () => {
  const pcm: CodecImpairment = { ie: 0, bpl: 4.3 };
  const concealedPcm: CodecImpairment = { ie: 0, bpl: 25.1 };
  const g729a: CodecImpairment = { ie: 11, bpl: 19 };
  assert.equal(lossImpairment(0, g729a), 11);
  near(lossImpairment(0.02, g729a), 19, 0.01, 'G.729A at 2 %');
  near(lossImpairment(0.05, concealedPcm), 15.8, 0.1, 'G.711 with concealment at 5 %');
  near(lossImpairment(0.01, pcm), 17.9, 0.1, 'G.711 without at 1 %');
  assert.equal(lossImpairment(OPUS.bpl / 100, OPUS), 95 / 2);
});

test('a call is as good as its network', () => {
  near(mosOf({ delayMs: 60, loss: 0 }), 4.41, 0.01, 'the best');
  const few = mosOf({ delayMs: 60, loss: 0.01 });
  assert.ok(few > 4 && few < 4.41, `1 % lost is good still: ${few}`);
  assert.ok(mosOf({ delayMs: 60, loss: 0.3 }) < 2);
  assert.ok(mosOf({ delayMs: 60, loss: 0.05, burstRatio: 2 }) < mosOf({ delayMs: 60, loss: 0.05 }));
});

test('it never gets better by more delay or loss, nor leaves its scale', () => {
  const anything = fc.double({ min: -1e6, max: 1e6 });
  fc.assert(
    fc.property(anything, anything, fc.double(), (delayMs, loss, burstRatio) => {
      const mos = mosOf({ delayMs, loss, burstRatio });
      assert.ok(mos >= 1 && mos <= 4.42, String(mos));
    }),
  );
  const delay = fc.double({ min: 0, max: 5000, noNaN: true });
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const more = (a: number, b: number) => [Math.min(a, b), Math.max(a, b)] as const;
  fc.assert(
    fc.property(delay, delay, share, (a, b, loss) => {
      const [less, later] = more(a, b);
      assert.ok(mosOf({ delayMs: later, loss }) <= mosOf({ delayMs: less, loss }) + 1e-9);
    }),
  );
  fc.assert(
    fc.property(share, share, delay, (a, b, delayMs) => {
      const [less, worse] = more(a, b);
      assert.ok(ratingOf({ delayMs, loss: worse }) <= ratingOf({ delayMs, loss: less }) + 1e-9);
    }),
  );
  fc.assert(
    fc.property(fc.double({ min: 0, max: 100, noNaN: true }), fc.double({ min: 0, max: 100, noNaN: true }), (a, b) => {
      const [low, high] = more(a, b);
      assert.ok(mosOfRating(low) <= mosOfRating(high) + 1e-9);
    }),
  );
});

test('a voice takes half a round trip from a person, and a whole one by way of a server', () => {
  const way: Way = { path: 'mesh', rtt: 80, jitter: 10, jitterBuffer: 60 };
  assert.equal(mouthToEarMs(way), 40 + 60 + 26.5);
  assert.equal(mouthToEarMs({ ...way, path: 'sfu' }), 80 + 60 + 26.5);
  assert.equal(mouthToEarMs({ ...way, jitterBuffer: null }), 40 + 20 + 26.5);
  assert.equal(mouthToEarMs({ path: 'mesh', rtt: null, jitter: null, jitterBuffer: null }), 26.5);
});
