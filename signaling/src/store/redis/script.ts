import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A Lua script: all keys of one call share a hash tag, so that it runs on a Redis Cluster too. */
export interface Script {
  readonly name: string;
  readonly lua: string;
}

/** Reads a script that lies beside the store that uses it: `loadScript(new URL('./room-commit.lua', import.meta.url))`. */
export function loadScript(url: URL): Script {
  const file = fileURLToPath(url);
  return { name: `parley_${basename(file, '.lua').replaceAll('-', '_')}`, lua: readFileSync(file, 'utf8') };
}
