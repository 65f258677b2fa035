/** The installed mediasoup package and the Node that runs it. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));

/** Both mediasoup and werift ask for it. */
const MIN_NODE_MAJOR = 22;

/**
 * @typedef {object} Mediasoup
 * @property {string} version
 * @property {string} workerDir its worker's source
 * @property {string} repository for example https://host/owner/name
 */

/** @returns {Mediasoup} */
export function findMediasoup() {
  const dir = findUp('node_modules/mediasoup');

  if (!dir) throw new Error('mediasoup is not installed: run npm install first');

  const { version, repository } = JSON.parse(readFileSync(path.join(dir, 'package.json'), 'utf8'));

  return {
    version,
    workerDir: path.join(dir, 'worker'),
    repository: repository.url.replace(/^git\+/, '').replace(/\.git$/, ''),
  };
}

/** @returns {string} a Node new enough for mediasoup */
export function findNode() {
  const [major] = process.versions.node.split('.').map(Number);
  const node = findUp('node_modules/.bin/node') ?? (Number(major) >= MIN_NODE_MAJOR ? process.execPath : undefined);

  if (!node) throw new Error(`mediasoup needs Node ${MIN_NODE_MAJOR} or newer: run npm install, which brings one`);

  return node;
}

/**
 * Packages may be hoisted to the workspace root or not; Node looks upwards too.
 *
 * @param {string} relative
 */
function findUp(relative) {
  for (let dir = here; ; dir = path.dirname(dir)) {
    const candidate = path.join(dir, relative);

    if (existsSync(candidate)) return candidate;
    if (dir === path.dirname(dir)) return undefined;
  }
}
