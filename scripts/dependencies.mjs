// node_modules, as package-lock.json wants it, with the Node the project runs on.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { runOrFail } from './command.mjs';
import { inRoot, nodeBin, root } from './paths.mjs';
import { StepError, step } from './progress.mjs';
import { fingerprint, isStamped, writeStamp } from './stamp.mjs';

const STAMP = inRoot('node_modules/.parley-stamp');
const DEADLINE_MS = 10 * 60_000;

/** Workspaces' package.json files are part of the lock, so the lock alone says whether node_modules fits. */
const wanted = () => fingerprint([inRoot('package-lock.json')]);

/** The major version `node_modules` should bring, from the root package.json (`"node": "^24.0.0"`). */
function wantedMajor() {
  const { devDependencies } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8'));
  return Number(/\d+/.exec(devDependencies.node)?.[0]);
}

/** @returns {number | undefined} the major version of node_modules/.bin/node, if it runs */
function installedMajor() {
  const { stdout, status } = spawnSync(nodeBin, ['--version'], { encoding: 'utf8', timeout: 20_000 });
  return status === 0 ? Number(/^v(\d+)/.exec(stdout)?.[1]) : undefined;
}

/**
 * mediasoup's install script would download or build a worker, and fail where it cannot; with this set it does
 * nothing. The worker is our own step (worker.mjs). Scripts must run: the package `node` needs its own.
 */
const npmEnv = () => ({
  ...process.env,
  MEDIASOUP_WORKER_BIN: process.env.MEDIASOUP_WORKER_BIN || 'left-to-parley',
  npm_config_ignore_scripts: 'false',
  npm_config_omit: '',
  NODE_ENV: 'development',
});

/**
 * With an older Node npm leaves out, without a word, the native parts of programs that want a newer one.
 * @param {string} version such as v20.19.2 @throws {StepError} when it is too old to install with
 */
export function requireNode(version) {
  const { engines } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8'));
  const [oldest, major] = [engines.node, version].map((it) => Number(/\d+/.exec(it)?.[0]));
  if (major !== undefined && oldest !== undefined && major >= oldest) return;
  throw new StepError(
    `Node ${oldest} or newer is needed to install Parley, and this is ${version}. For example: ` +
      '`npm install --global node@24 npm@10 && hash -r`, and try again.',
  );
}

/** Runs `npm ci` unless node_modules is what package-lock.json asks for. */
export async function ensureDependencies() {
  const value = wanted();
  const major = wantedMajor();
  if (isStamped(STAMP, value) && existsSync(nodeBin)) return;
  requireNode(process.version);
  const options = { cwd: root, env: npmEnv(), deadlineMs: DEADLINE_MS };
  await step('Installing dependencies', () =>
    runOrFail('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { ...options, what: '`npm ci`' }),
  );
  if (installedMajor() !== major) {
    await step(`Installing Node ${major}`, () =>
      runOrFail('npm', ['rebuild', 'node', '--foreground-scripts'], { ...options, what: '`npm rebuild node`' }),
    );
  }
  const got = installedMajor();
  if (got !== major) {
    throw new StepError(
      `node_modules/.bin/node should be Node ${major} but ${got === undefined ? 'does not run' : `is Node ${got}`}. ` +
        'npm seems not to have run the install script of its package `node`: allow install scripts ' +
        '(`npm config delete ignore-scripts`), remove node_modules and try again.',
    );
  }
  writeStamp(STAMP, value);
}
