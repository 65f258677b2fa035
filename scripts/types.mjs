// Type-checks every workspace against the one strict base; exits non-zero if any fails.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

const { workspaces } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
let failed = false;
for (const workspace of workspaces) {
  if (!existsSync(`${workspace}/tsconfig.json`)) continue;
  const { status } = spawnSync('node_modules/.bin/tsc', ['-p', workspace], { stdio: 'inherit' });
  if (status !== 0) failed = true;
}
process.exit(failed ? 1 : 0);
