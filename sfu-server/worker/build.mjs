/** Builds the worker from mediasoup's own source and Debian's libraries. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileWorker } from './compile.mjs';
import { fetchPackages } from './debian.mjs';
import { buildLibsrtp } from './libsrtp.mjs';
import { CommandError } from './run.mjs';
import { ensureToolchain } from './toolchain.mjs';

const overlays = fileURLToPath(new URL('overlays', import.meta.url));

/** Progress lines, at most one per this many percent. */
const PROGRESS_STEP = 10;

const COMPILE_HINT =
  "the worker does not compile with this system's compiler and libraries (the recipe was made for Debian 12)";

/**
 * @param {{
 *   workerDir: string,
 *   folder: string,
 *   log: (line: string) => void,
 * }} options `workerDir` is only read; `folder` exists and is empty
 * @returns {Promise<string>} the path of the binary, inside `folder`
 */
export async function buildWorker({ workerDir, folder, log }) {
  const multiarch = await ensureToolchain(log);
  const packageDir = path.join(folder, 'packages');
  const srtpDir = path.join(folder, 'libsrtp');
  const objectDir = path.join(folder, 'worker');

  await Promise.all([packageDir, srtpDir, objectDir].map((dir) => mkdir(dir)));

  log("fetching Debian packages (libuv, OpenSSL, flatbuffers, libsrtp's source)");
  const { root, srtpSource, srtpVersion } = await orExplain(
    'could not get the Debian packages the worker is built with: see that "apt-get update" works on this machine',
    fetchPackages(packageDir),
  );
  const systemIncludes = ['usr/include', `usr/include/${multiarch}`].map((dir) => path.join(root, dir));

  log(`compiling libsrtp ${srtpVersion} with OpenSSL`);
  const libsrtp = await orExplain(
    COMPILE_HINT,
    buildLibsrtp({ source: srtpSource, version: srtpVersion, overlays, systemIncludes, folder: srtpDir }),
  );

  log('compiling worker 0 %');
  const onProgress = steps(PROGRESS_STEP, (percent) => log(`compiling worker ${percent} %`));

  return orExplain(
    COMPILE_HINT,
    compileWorker({ workerDir, root, systemIncludes, multiarch, overlays, libsrtp, folder: objectDir, onProgress }),
  );
}

/**
 * Puts what a person can do about a failed command before what the command said.
 *
 * @template T
 * @param {string} hint
 * @param {Promise<T>} phase
 * @returns {Promise<T>}
 */
async function orExplain(hint, phase) {
  try {
    return await phase;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new Error(
      `${hint}. Or name a worker of the same mediasoup version in MEDIASOUP_WORKER_BIN.\n${error.message}`,
      {
        cause: error,
      },
    );
  }
}

/**
 * @param {number} step
 * @param {(percent: number) => void} report
 * @returns {(fraction: number) => void}
 */
function steps(step, report) {
  let last = 0;

  return (fraction) => {
    const percent = Math.floor((fraction * 100) / step) * step;

    if (percent === last) return;
    last = percent;
    report(percent);
  };
}
