// TCP ports: which is free, whether one is, whether an HTTP server answers on one.
import { createServer } from 'node:net';
import { StepError } from './progress.mjs';

/** @param {number} port @param {string} [host] @returns {Promise<true>} when it could be opened */
function tryListen(port, host) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}

/** Below those the system gives away by itself (32768 and above, usually), above those of coturn's relays (turn-process.mjs). */
const OURS = { first: 27_000, count: 5_700 };
/** Each process begins elsewhere: two that look at the same time do not find the same. */
let looked = process.pid * 61;

/** A port of loopback that is free, and is still when it is used a little later, or again after a restart. */
export async function freePort() {
  for (let tries = 0; tries < OURS.count; tries++) {
    const port = OURS.first + (looked++ % OURS.count);
    if (await tryListen(port, '127.0.0.1').catch(() => null)) return port;
  }
  throw new StepError(`no port from ${OURS.first} on is free`);
}

/** @param {number} port @param {string} command what the person has run, to say it with another port */
export async function requireFree(port, command) {
  for (const host of [undefined, '127.0.0.1']) {
    try {
      await tryListen(port, host);
    } catch (error) {
      const { code } = /** @type {NodeJS.ErrnoException} */ (error);
      if (code === 'EADDRINUSE') {
        throw new StepError(`port ${port} is in use. Stop what uses it, or take another: PORT=${port + 10} ${command}`);
      }
      if (code === 'EACCES') throw new StepError(`port ${port} may not be opened; take another: PORT=3000 ${command}`);
      throw error;
    }
  }
}

/**
 * The first media port of the SFU's workers: the usual one, so that a firewall can be told of it, or 0 (any that
 * are free) when another Parley on this machine has it.
 * @param {number} first @param {number} count
 */
export async function mediaPort(first, count) {
  const taken = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      tryListen(first + index, '127.0.0.1').then(
        () => false,
        () => true,
      ),
    ),
  );
  return taken.includes(true) ? 0 : first;
}

/** Waits until `url` answers 200. @param {string} url @param {number} deadlineMs */
export async function waitForHttp(url, deadlineMs) {
  const end = Date.now() + deadlineMs;
  let last = 'no answer';
  while (Date.now() < end) {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
      if (response.ok) return;
      last = `HTTP ${response.status}`;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new StepError(`${url} does not answer (${last}).`);
}
