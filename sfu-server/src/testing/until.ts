import { setTimeout as wait } from 'node:timers/promises';

/** How long a test waits for what must come, in milliseconds: long, since it is only ever reached by failing. */
export const PATIENCE_MS = 20_000;

/** Waits until `condition` gives something other than false or undefined, and returns that. */
export async function until<T>(what: string, condition: () => T | Promise<T>): Promise<Exclude<T, false | undefined>> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const value = await condition();
    if (value !== false && value !== undefined) return value as Exclude<T, false | undefined>;
    if (Date.now() > end) throw new Error(`waited ${PATIENCE_MS} ms for: ${what}`);
    await wait(10);
  }
}
