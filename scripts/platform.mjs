// The two servers of a local Parley, joined as in production: a control link with a secret.

import { availableParallelism } from 'node:os';
import { printLog, shownLevel } from './log-lines.mjs';
import { inRoot } from './paths.mjs';
import { freePort, mediaPort } from './ports.mjs';
import { randomSecret, sessionSecret } from './secret.mjs';
import { ServerProcess } from './server-process.mjs';

const LISTEN_DEADLINE_MS = 30_000;
/** Where sfu-server's workers listen for media by default. */
const RTC_PORT = 40_000;

/** @template T @param {Promise<T>} promise @param {string} what @returns {Promise<T>} */
function soon(promise, what) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const late = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not listen in time`)), LISTEN_DEADLINE_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/**
 * Starts both and waits until they listen.
 * @param {{
 *   port: number,
 *   worker: string,
 *   watch: boolean,
 *   settings?: { signaling: Record<string, string>, sfu: Record<string, string> },
 *   onStart: (server: ServerProcess) => void,
 * }} options `settings` come on top of the usual; `onStart` gets each server as soon as it runs, so that it can be ended whatever happens.
 */
export async function startPlatform({ port, worker, watch, settings, onStart }) {
  const controlSecret = process.env.CONTROL_SECRET || randomSecret();
  const start = (/** @type {import('./server-process.mjs').ServerOptions} */ options) => {
    const server = new ServerProcess({ ...options, watch, onLog: printLog(options.name) });
    onStart(server);
    return soon(server.listening, options.name);
  };
  const sfuPort = await start({
    name: 'sfu-server',
    entry: 'sfu-server/src/main.ts',
    env: {
      HOST: '127.0.0.1',
      // A server that is watched comes back on the same port, where signaling looks for it.
      PORT: String(watch ? await freePort() : 0),
      RTC_PORT: process.env.RTC_PORT || String(await mediaPort(RTC_PORT, availableParallelism())),
      CONTROL_SECRET: controlSecret,
      MEDIASOUP_WORKER_BIN: worker,
      // There is no other node that its rooms could move to.
      DRAIN_DEADLINE_MS: process.env.DRAIN_DEADLINE_MS || '0',
      LOG_LEVEL: shownLevel(),
      ...settings?.sfu,
    },
  });
  await start({
    name: 'signaling',
    entry: 'signaling/src/main.ts',
    env: {
      PORT: String(port),
      SFU_URLS: `http://127.0.0.1:${sfuPort}`,
      CONTROL_SECRET: controlSecret,
      SESSION_SECRET: process.env.SESSION_SECRET || sessionSecret(),
      STATIC_DIR: inRoot('web-client/demo/dist'),
      SDK_DIR: inRoot('web-client/sdk/dist'),
      LOG_LEVEL: shownLevel(),
      ...settings?.signaling,
    },
  });
}
