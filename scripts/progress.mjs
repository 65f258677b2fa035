// What a person sees while something takes long: one line when it begins, a sign of life, one when it is done.
const SIGN_OF_LIFE_MS = 15_000;

/** A failure that is told in words, without a stack. `detail` is what the failed program printed. */
export class StepError extends Error {
  /** @param {string} message @param {string} [detail] */
  constructor(message, detail = '') {
    super(message);
    this.name = 'StepError';
    this.detail = detail;
  }
}

/** @param {string} line */
export function say(line) {
  process.stdout.write(`${line}\n`);
}

/** @param {number} ms */
export const seconds = (ms) => (ms < 9_950 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`);

/**
 * Runs `work` and says so.
 * @template T
 * @param {string} title what is being done, for example `Installing dependencies`
 * @param {() => T | Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(title, work) {
  const begun = Date.now();
  say(`› ${title} …`);
  const timer = setInterval(() => say(`  … ${title}, ${seconds(Date.now() - begun)} so far`), SIGN_OF_LIFE_MS);
  try {
    const result = await work();
    say(`✓ ${title} (${seconds(Date.now() - begun)})`);
    return result;
  } catch (error) {
    say(`✗ ${title} (${seconds(Date.now() - begun)})`);
    throw error;
  } finally {
    clearInterval(timer);
  }
}

/**
 * Ends the process with the error in words; the stack only for what is no StepError.
 * @param {unknown} error
 * @returns {never}
 */
export function fail(error) {
  if (error instanceof StepError) {
    if (error.detail) process.stderr.write(`${error.detail.trimEnd()}\n`);
    process.stderr.write(`\nParley: ${error.message}\n`);
  } else {
    process.stderr.write(`\nParley: ${error instanceof Error ? error.stack : String(error)}\n`);
  }
  process.exit(1);
}
