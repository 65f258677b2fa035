/** Something did not become true in time; the message tells what was seen last. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}

const POLL_MS = 100;

/**
 * Asks again and again until the answer is `null`, for "as it should be"; anything else says in words what is not.
 * @throws {TimeoutError} with the last words, when the deadline has passed.
 */
export async function until(
  what: string,
  complaint: () => Promise<string | null> | string | null,
  deadlineMs = 30_000,
): Promise<void> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const words = await complaint();
    if (words === null) return;
    if (performance.now() > end) throw new TimeoutError(`${what}: not within ${deadlineMs / 1000} s. ${words}`);
    await pause(POLL_MS);
  }
}

/** Only for letting sound go on for a while; never to wait for something (that is `until`). */
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
