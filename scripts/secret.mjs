// Secrets of a local Parley. What is persisted lies in the user's cache folder, readable by the user alone.
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from './paths.mjs';

/** 256 random bits. */
export const randomSecret = () => randomBytes(32).toString('base64url');

/** The secret that signs sessions: kept, so that calls resume after a restart. */
export function sessionSecret() {
  const file = join(cacheFolder(), 'session-secret');
  try {
    writeFileSync(file, randomSecret(), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
  }
  const secret = readFileSync(file, 'utf8').trim();
  if (secret.length >= 32) return secret;
  writeFileSync(file, randomSecret(), { mode: 0o600 });
  return readFileSync(file, 'utf8');
}
