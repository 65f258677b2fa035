/** What this machine is: its distribution, and whether we may install on it. */
import { readFile } from 'node:fs/promises';

/** @returns {Promise<Record<string, string>>} the fields of os-release */
export async function osRelease() {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');

  return Object.fromEntries([...text.matchAll(/^(\w+)="?([^"\n]*)"?$/gm)].map(([, key, value]) => [key, value]));
}

export function isRoot() {
  return process.getuid?.() === 0;
}
