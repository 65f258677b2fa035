// The mediasoup worker: how to get one is the SFU server's knowledge; this is only the way there.
import { pathToFileURL } from 'node:url';
import { inRoot } from './paths.mjs';
import { StepError, say } from './progress.mjs';

/**
 * Finds, downloads or builds the worker.
 * @returns {Promise<string>} its path, for MEDIASOUP_WORKER_BIN
 */
export async function ensureWorker() {
  const { ensureWorker: ensure } = await import(pathToFileURL(inRoot('sfu-server/worker/ensure.mjs')).href);
  try {
    return await ensure({ log: (/** @type {string} */ line) => say(`  ${line}`) });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new StepError(
      `no mediasoup worker: ${error.message}`,
      /** @type {{ detail?: string }} */ (error).detail ?? '',
    );
  }
}
