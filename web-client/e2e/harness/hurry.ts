import type { Page } from 'playwright-core';
import { pause } from './until.ts';

const STEP_MS = 1_000;
const EVERY_MS = 100;

/**
 * Time on this page, that of its timers, runs some ten times as fast until `act` is over: for what the SDK waits for in
 * many seconds before it says so. Only for what has nothing to do with sound.
 */
export async function hurry<T>(page: Page, act: () => Promise<T>): Promise<T> {
  await page.clock.install();
  let isOver = false;
  const acting = act().finally(() => {
    isOver = true;
  });
  // Whoever awaits it hears of its failure.
  acting.catch(() => {});
  while (!isOver) {
    await page.clock.fastForward(STEP_MS);
    await pause(EVERY_MS);
  }
  return acting;
}
