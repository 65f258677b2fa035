import { type Clock, systemClock } from './clock.ts';

/** What a wait ends with when its deadline passes first. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
  readonly what: string;
  readonly ms: number;

  constructor(what: string, ms: number) {
    super(`${what} did not finish within ${ms} ms`);
    this.what = what;
    this.ms = ms;
  }
}

/**
 * Waits for `work`, at most `ms` milliseconds.
 * @throws {DeadlineError} when time runs out; whatever `work` does afterwards is ignored.
 */
export function withDeadline<T>(work: Promise<T>, ms: number, what: string, clock: Clock = systemClock): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = clock.after(ms, () => reject(new DeadlineError(what, ms)));
    work.then(
      (value) => {
        clock.cancel(timer);
        resolve(value);
      },
      (error) => {
        clock.cancel(timer);
        reject(error);
      },
    );
  });
}
