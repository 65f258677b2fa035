import { readFileSync } from 'node:fs';
import { inRoot } from '../../scripts/paths.mjs';

/** Lines of .env.example: names with their values, and whether they are only named. */
export function exampleEnv(): { given: Map<string, string>; optional: Set<string> } {
  const given = new Map<string, string>();
  const optional = new Set<string>();
  for (const line of readFileSync(inRoot('.env.example'), 'utf8').split('\n')) {
    const [, isComment, name = '', value = ''] = /^(#?)([A-Z][A-Z0-9_]+)=(.*)$/.exec(line) ?? [];
    if (isComment === '') given.set(name, value);
    else if (isComment === '#') optional.add(name);
  }
  return { given, optional };
}

/** Someone's `.env`: names and addresses, and a secret of its own for everything else that is empty. */
export const filledEnv = (secret: (name: string) => string): Record<string, string> => ({
  ...Object.fromEntries([...exampleEnv().given].map(([name, value]) => [name, value || secret(name)])),
  PARLEY_DOMAIN: 'talk.parley.test',
  PUBLIC_ADDRESS: '127.0.0.1',
  TLS_DIR: '/etc/letsencrypt/parley',
});
