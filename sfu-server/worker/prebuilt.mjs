/**
 * mediasoup's own prebuilt worker, from its release page.
 *
 * The names, the URL and the environment variables are those of mediasoup's
 * postinstall script, so a mirror set up for that one serves here too.
 */
import { createWriteStream, existsSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { release } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { run } from './run.mjs';

/** Until the server answers; a firewall that swallows packets must not hold us. */
const ANSWER_TIMEOUT_MS = 10_000;
const DOWNLOAD_TIMEOUT_MS = 120_000;
const UNPACK_TIMEOUT_MS = 30_000;

/**
 * @param {{ version: string, repository: string, folder: string, log: (line: string) => void }} options
 * @returns {Promise<string | undefined>} the binary inside `folder`, or nothing if there is none to be had
 */
export async function downloadWorker({ version, repository, folder, log }) {
  const { MEDIASOUP_SKIP_WORKER_PREBUILT_DOWNLOAD: skip, MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL: base } =
    process.env;

  if (skip) return undefined;

  const url = `${base || `${repository}/releases/download`}/${version}/${tarName(version)}`;

  try {
    return await download(url, folder);
  } catch (error) {
    log(`no prebuilt worker (${reason(error)}); building one`);

    return undefined;
  }
}

/** @param {string} version */
function tarName(version) {
  const kernel = process.platform === 'linux' ? `-kernel${release().split('.')[0]}` : '';

  return `mediasoup-worker-${version}-${process.platform}-${process.arch}${kernel}.tgz`;
}

/**
 * @param {string} url
 * @param {string} folder
 */
async function download(url, folder) {
  const deadline = new AbortController();
  const answerTimer = setTimeout(() => deadline.abort(new Error('no answer in time')), ANSWER_TIMEOUT_MS);
  const totalTimer = setTimeout(() => deadline.abort(new Error('too slow')), DOWNLOAD_TIMEOUT_MS);

  try {
    const response = await fetch(url, { signal: deadline.signal });

    clearTimeout(answerTimer);
    if (!response.ok || !response.body) throw new Error(`the server answered ${response.status}`);

    await mkdir(folder);
    const tarball = path.join(folder, 'worker.tgz');

    await pipeline(Readable.fromWeb(/** @type {any} */ (response.body)), createWriteStream(tarball));
    await run('tar', ['-xzf', tarball, '-C', folder], { timeoutMs: UNPACK_TIMEOUT_MS });
  } finally {
    clearTimeout(answerTimer);
    clearTimeout(totalTimer);
  }

  const binary = path.join(folder, 'mediasoup-worker');

  if (!existsSync(binary)) throw new Error('the download holds no mediasoup-worker');
  await chmod(binary, 0o755);

  return binary;
}

/** @param {unknown} error */
function reason(error) {
  const { message, cause } = /** @type {Error} */ (error);
  const { code } = /** @type {NodeJS.ErrnoException} */ (cause ?? {});

  // fetch says only "fetch failed" and hides why.
  return code ? `${message}: ${code}` : message;
}
