/**
 * Where a worker is kept between runs, and who may write there.
 *
 *   <cache>/parley/mediasoup-worker-<version>-<arch>-<recipe>/
 *     mediasoup-worker
 *     proof.json         without it the binary does not count
 *   <the same>.lock/     held while a worker is being got; also its workshop
 *   <the same>.refused/  the last binary that failed its proof, to look at
 *
 * Both files arrive by a rename, the proof last, so a reader needs no lock.
 */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { mkdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));

/** What the binary depends on. The rest of this folder only checks or moves it. */
const RECIPE = ['build.mjs', 'compile.mjs', 'units.mjs', 'libsrtp.mjs', 'debian.mjs', 'overlays'];
const PROOF = ['handshake.mjs'];

const BINARY = 'mediasoup-worker';
const MARKER = 'proof.json';
const HOLDER = 'holder';

const HEARTBEAT_MS = 2_000;
/** A holder silent for this long was killed: nothing blocks it, the work is in children. */
const STALE_MS = 30_000;
const POLL_MS = 500;

/**
 * @param {{ version: string, recipeDir?: string, distribution?: string }} options
 * @returns {string} the folder for this worker
 */
export function cacheFolder({ version, recipeDir = here, distribution = distributionId() }) {
  const base = process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache');
  const recipe = hashFiles(recipeDir, RECIPE, distribution).slice(0, 12);

  return path.join(base, 'parley', `mediasoup-worker-${version}-${process.arch}-${recipe}`);
}

/**
 * @param {string} folder
 * @returns {string | undefined} the binary, if it is there, whole and proven
 */
export function findCached(folder) {
  const binary = path.join(folder, BINARY);

  try {
    const marker = JSON.parse(readFileSync(path.join(folder, MARKER), 'utf8'));
    const proven = marker.proof === proofHash() && marker.size === statSync(binary).size;

    return proven ? binary : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param {string} folder
 * @returns {string | undefined} a binary that is there but not proven, or by an older proof
 */
export function findUnproven(folder) {
  const binary = path.join(folder, BINARY);

  return existsSync(binary) ? binary : undefined;
}

/**
 * Puts a proven binary into the cache.
 *
 * @param {string} folder
 * @param {string} binary on the same file system as `folder`
 * @param {string} workshop
 * @returns {Promise<string>} its path there
 */
export async function store(folder, binary, workshop) {
  const target = path.join(folder, BINARY);
  const marker = path.join(workshop, MARKER);
  const { size } = await stat(binary);

  await writeFile(marker, JSON.stringify({ proof: proofHash(), size, provenAt: new Date().toISOString() }));
  await mkdir(folder, { recursive: true });
  await rename(binary, target);
  await rename(marker, path.join(folder, MARKER));

  return target;
}

/**
 * Keeps a binary that failed its proof where nobody runs it.
 *
 * @param {string} folder
 * @param {string} binary
 * @returns {Promise<string>} where it is now
 */
export async function quarantine(folder, binary) {
  const refused = `${folder}.refused`;

  await rm(refused, { recursive: true, force: true });
  await mkdir(refused, { recursive: true });
  const target = path.join(refused, BINARY);

  await rename(binary, target);

  return target;
}

/**
 * Lets one process at a time work on a folder. The lock is a directory, made
 * anew for each holder and emptied after it, so it is the workshop as well.
 *
 * @template T
 * @param {string} folder
 * @param {{ onWait: () => void }} options
 * @param {(workshop: string) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(folder, { onWait }, work) {
  const lock = `${folder}.lock`;

  await mkdir(path.dirname(folder), { recursive: true });

  const me = randomUUID();

  for (let waited = false; !(await acquire(lock, me)); await sleep(POLL_MS)) {
    if (!waited) onWait();
    waited = true;
  }

  // A process that was stopped for long finds its lock gone, perhaps to another.
  const isMine = () => holder(lock) === me;
  const release = () => isMine() && rmSync(lock, { recursive: true, force: true });
  const heartbeat = setInterval(() => {
    const now = new Date();

    if (isMine()) utimes(lock, now, now).catch(() => {});
  }, HEARTBEAT_MS);

  process.on('exit', release);

  try {
    return await work(lock);
  } finally {
    clearInterval(heartbeat);
    process.off('exit', release);
    release();
  }
}

/** @param {string} lock */
function holder(lock) {
  try {
    return readFileSync(path.join(lock, HOLDER), 'utf8');
  } catch {
    return undefined;
  }
}

/**
 * @param {string} lock
 * @param {string} me
 */
async function acquire(lock, me) {
  try {
    await mkdir(lock);
    await writeFile(path.join(lock, HOLDER), me);

    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
  }

  const held = await stat(lock).catch(() => undefined);

  if (held && Date.now() - held.mtimeMs > STALE_MS) {
    // Renaming decides between two who both saw it stale.
    const grave = `${lock}.${process.pid}.${Date.now()}`;

    await rename(lock, grave).catch(() => {});
    await rm(grave, { recursive: true, force: true });
  }

  return false;
}

function proofHash() {
  return hashFiles(here, PROOF, '');
}

/**
 * @param {string} dir
 * @param {readonly string[]} entries files, or folders taken whole
 * @param {string} salt
 */
function hashFiles(dir, entries, salt) {
  const hash = createHash('sha256').update(salt);

  for (const file of entries.flatMap((entry) => listFiles(dir, entry)).sort()) {
    hash.update(`\0${file}\0`).update(readFileSync(path.join(dir, file)));
  }

  return hash.digest('hex');
}

/**
 * @param {string} dir
 * @param {string} entry
 * @returns {string[]} relative to `dir`
 */
function listFiles(dir, entry) {
  if (!statSync(path.join(dir, entry)).isDirectory()) return [entry];

  return readdirSync(path.join(dir, entry)).flatMap((name) => listFiles(dir, path.join(entry, name)));
}

/** A home folder may outlive an upgrade of the system, or be shared by several. */
function distributionId() {
  try {
    const text = readFileSync('/etc/os-release', 'utf8');

    return ['ID', 'VERSION_ID'].map((key) => text.match(new RegExp(`^${key}=(.*)$`, 'm'))?.[1] ?? '').join('-');
  } catch {
    return process.platform;
  }
}
