const FIRST_MS = 100;
const MOST_MS = 10_000;
/** A worker that lived this long died of something new: waiting starts over. */
const SETTLED_MS = 60_000;

/**
 * How long to wait before a worker is started again.
 * @param failures deaths and failed starts in a row, this one included (1 or more).
 * @returns milliseconds: 100, 200, 400 … at most 10 s.
 */
export function respawnDelay(failures: number): number {
  return Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(30, Math.max(0, failures - 1)));
}

/** Failures in a row after one more, given how long the worker had lived (ms; 0 when it never started). */
export function nextFailures(failures: number, livedMs: number): number {
  return livedMs >= SETTLED_MS ? 1 : failures + 1;
}
