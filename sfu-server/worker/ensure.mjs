#!/usr/bin/env node
/**
 * Gets a mediasoup worker that works on this machine: the one named by the
 * environment, the one in the cache, a prebuilt one, or one built here.
 *
 *   node sfu-server/worker/ensure.mjs [--rebuild]
 *
 * prints its path on stdout and progress on stderr. Runs on Node 20 with
 * nothing but Node's own modules. README.md tells why all this is needed.
 */
import { existsSync, realpathSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildWorker } from './build.mjs';
import { cacheFolder, findCached, findUnproven, quarantine, store, withLock } from './cache.mjs';
import { findMediasoup } from './mediasoup.mjs';
import { downloadWorker } from './prebuilt.mjs';
import { proveWorker, RefusedWorker } from './prove.mjs';

/** @typedef {(line: string) => void} Log */

/**
 * @param {{ log?: Log, rebuild?: boolean }} [options] `rebuild` ignores what is in the cache and builds from source
 * @returns {Promise<string>} the absolute path of a working worker
 * @throws with a message that says what to do
 */
export async function ensureWorker({ log = () => {}, rebuild = false } = {}) {
  const named = process.env.MEDIASOUP_WORKER_BIN;

  if (named) return checkNamed(named);

  const mediasoup = findMediasoup();
  const folder = cacheFolder(mediasoup);
  const cached = rebuild ? undefined : findCached(folder);

  if (cached) return cached;

  const tell = withSeconds(log);

  return withLock(
    folder,
    { onWait: () => tell('another process is getting the worker; waiting for it') },
    async (workshop) => {
      // Whoever held the lock before us may have got it.
      const fresh = rebuild ? undefined : findCached(folder);

      return fresh ?? get({ mediasoup, folder, workshop, log: tell, rebuild });
    },
  );
}

/** @param {string} named */
function checkNamed(named) {
  const binary = path.resolve(named);

  if (!existsSync(binary)) {
    throw new Error(
      `MEDIASOUP_WORKER_BIN names ${binary}, which does not exist: correct it, or unset it to have a worker built`,
    );
  }

  return binary;
}

/**
 * @typedef {object} Job
 * @property {import("./mediasoup.mjs").Mediasoup} mediasoup
 * @property {string} folder
 * @property {string} workshop
 * @property {Log} log
 * @property {boolean} rebuild
 */

/** @param {Job} job */
async function get(job) {
  const binary = (await getUnproven(job)) ?? (await getPrebuilt(job)) ?? (await getBuilt(job));

  return store(job.folder, binary, job.workshop);
}

/**
 * A worker from before the proof was changed, or from a run that was cut short.
 *
 * @param {Job} job
 */
async function getUnproven({ folder, log, rebuild }) {
  const binary = rebuild ? undefined : findUnproven(folder);

  return binary && tryProof(binary, 'the worker in the cache', log);
}

/** @param {Job} job */
async function getPrebuilt({ mediasoup, workshop, log, rebuild }) {
  if (rebuild) return undefined;

  const binary = await downloadWorker({ ...mediasoup, folder: path.join(workshop, 'prebuilt'), log });

  return binary && tryProof(binary, 'the prebuilt worker', log);
}

/**
 * @param {string} binary
 * @param {string} name
 * @param {Log} log
 * @returns {Promise<string | undefined>} the binary, if it works; there is another way to get one
 */
async function tryProof(binary, name, log) {
  try {
    log(`proving ${name} with a call`);
    await proveWorker(binary);

    return binary;
  } catch (error) {
    if (!(error instanceof RefusedWorker)) throw error;
    log(error.message);

    return undefined;
  }
}

/** @param {Job} job */
async function getBuilt({ mediasoup, folder, workshop, log }) {
  const buildDir = path.join(workshop, 'build');

  await rm(buildDir, { recursive: true, force: true });
  await mkdir(buildDir);
  log(`building mediasoup-worker ${mediasoup.version} (about two minutes on two CPUs, once)`);
  const binary = await buildWorker({ workerDir: mediasoup.workerDir, folder: buildDir, log });

  log('proving the worker with a call');
  await accept(binary, folder);
  log('the worker works');

  return binary;
}

/**
 * Proves a binary there is no alternative to.
 *
 * @param {string} binary
 * @param {string} folder its cache folder
 * @throws with what to do, after putting the binary away
 */
export async function accept(binary, folder) {
  try {
    await proveWorker(binary);
  } catch (error) {
    if (!(error instanceof RefusedWorker)) throw error;

    const kept = await quarantine(folder, binary);

    throw new Error(
      `${error.message}\nIt is kept at ${kept} for inspection. Try again with "node sfu-server/worker/ensure.mjs --rebuild", ` +
        'or name a worker of the same mediasoup version in MEDIASOUP_WORKER_BIN.',
      { cause: error },
    );
  }
}

/**
 * @param {Log} log
 * @returns {Log}
 */
function withSeconds(log) {
  const start = performance.now();

  return (line) => log(`[${((performance.now() - start) / 1000).toFixed(0).padStart(3)} s] ${line}`);
}

async function main() {
  const args = process.argv.slice(2);
  const unknown = args.filter((arg) => arg !== '--rebuild');

  if (unknown.length > 0) throw new Error(`unknown argument ${unknown.join(' ')}; there is only --rebuild`);

  const binary = await ensureWorker({
    log: (line) => process.stderr.write(`worker: ${line}\n`),
    rebuild: args.includes('--rebuild'),
  });

  process.stdout.write(`${binary}\n`);
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  main().catch((error) => {
    process.stderr.write(`worker: ${error.message}\n`);
    process.exitCode = 1;
  });
}
