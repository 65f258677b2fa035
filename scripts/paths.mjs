// Where things are: the repository, the Node it runs on, and the user's cache folder.
import { accessSync, constants, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's folder. */
export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

/** The Node that servers, tests and builds run on, whatever the system's is: npm package `node`. */
export const nodeBin = join(root, 'node_modules/.bin/node');

/** @param {string} path relative to the repository */
export const inRoot = (path) => join(root, path);

/** The user's cache folder for Parley, made if missing; a folder in the repository where the home is not writable. */
export function cacheFolder() {
  const base = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  for (const folder of [join(base, 'parley'), inRoot('.cache')]) {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      accessSync(folder, constants.W_OK);
      return folder;
    } catch {
      // The next one, then.
    }
  }
  throw new Error(`no writable cache folder: neither ${join(base, 'parley')} nor ${inRoot('.cache')}`);
}
