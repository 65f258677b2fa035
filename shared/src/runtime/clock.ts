/** A pending timer. Opaque: hand it back to the clock that made it. */
export type Timer = { readonly id: unknown };

/** Time as the code sees it, injected so that tests decide when it passes. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Calls `fn` once, `ms` milliseconds from now. */
  after(ms: number, fn: () => void): Timer;
  /** Forgets a timer; harmless if it has fired or is undefined. */
  cancel(timer: Timer | undefined): void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, fn) => ({ id: setTimeout(fn, ms) }),
  cancel: (timer) => {
    if (timer) clearTimeout(timer.id as ReturnType<typeof setTimeout>);
  },
};
