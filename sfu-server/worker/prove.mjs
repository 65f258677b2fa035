/**
 * Proves a worker by letting it carry a call; see handshake.mjs.
 *
 * That runs as a process of its own because mediasoup and werift want a newer
 * Node than this module does, and because a hanging worker can then be ended.
 */
import { fileURLToPath } from 'node:url';
import { findNode } from './mediasoup.mjs';
import { CommandError, run } from './run.mjs';

/** More than the 20 s the handshake gives itself, which explains itself better. */
const TIMEOUT_MS = 25_000;

const handshake = fileURLToPath(new URL('handshake.mjs', import.meta.url));

/** A worker that must not be used. */
export class RefusedWorker extends Error {
  /**
   * @param {string} binary
   * @param {string} why
   */
  constructor(binary, why) {
    super(`${binary} does not carry a call, so it is not used: ${why}`);
    this.name = 'RefusedWorker';
  }
}

/**
 * @param {string} binary
 * @throws {RefusedWorker}
 */
export async function proveWorker(binary) {
  try {
    await run(findNode(), [handshake], {
      timeoutMs: TIMEOUT_MS,
      env: { ...process.env, MEDIASOUP_WORKER_BIN: binary },
    });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;

    throw new RefusedWorker(binary, error.refused && error.output ? error.output : error.message);
  }
}
