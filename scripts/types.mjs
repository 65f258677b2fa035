// Type-checks the scripts and every workspace against the one strict base; exits non-zero if any fails.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { inRoot, root } from './paths.mjs';

const { workspaces } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8'));
let failed = false;
for (const folder of ['scripts', ...workspaces]) {
  if (!existsSync(inRoot(`${folder}/tsconfig.json`))) continue;
  const { status } = spawnSync(inRoot('node_modules/.bin/tsc'), ['-p', folder], { cwd: root, stdio: 'inherit' });
  if (status !== 0) failed = true;
}
process.exit(failed ? 1 : 0);
