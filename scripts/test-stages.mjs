// The stages of `npm test`: what each runs, and how long it may take.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './command.mjs';
import { inRoot, nodeBin, root } from './paths.mjs';
import { say } from './progress.mjs';
import { hasRedis } from './redis-process.mjs';
import { runTestFile } from './test-file.mjs';

/**
 * @typedef {import('./test-file.mjs').Counts & { failures: import('./failed-tests.mjs').FailureOfFile[] }} Counts
 * @typedef {{ name: string, title: string, asked?: true, run: (context: Context) => Promise<void> }} Stage
 * @typedef {{ filter: string, env: NodeJS.ProcessEnv, add: (counts: Counts) => void }} Context
 *   `asked`: only by its name; `filter` is a part of a test file's path; `add` takes what has been counted as soon as it has
 */

const BROWSER_TESTS = 'web-client/e2e';
const DEPLOY_TESTS = 'deploy';
/** Of those, the ones that start everything. */
const TOPOLOGY_TESTS = 'deploy/topology';
const NO_TESTS_IN = new Set(['node_modules', 'dist', '.git', '.cache', 'test-results']);

/** @param {string} folder relative @returns {string[]} */
function testFiles(folder) {
  return readdirSync(inRoot(folder), { withFileTypes: true })
    .flatMap((entry) => {
      const path = folder ? join(folder, entry.name) : entry.name;
      if (entry.isDirectory()) return NO_TESTS_IN.has(entry.name) ? [] : testFiles(path);
      return /\.test\.(ts|mjs)$/.test(entry.name) ? [path] : [];
    })
    .sort();
}

const folderOf = (/** @type {string} */ file) => file.slice(0, file.lastIndexOf('/'));

/** Browser tests are those that lie in web-client/e2e itself. */
const isBrowserTest = (/** @type {string} */ file) => folderOf(file) === BROWSER_TESTS;

/** All others, the harness's own too, are unit tests. */
const isUnitTest = (/** @type {string} */ file) => !isBrowserTest(file) && folderOf(file) !== TOPOLOGY_TESTS;

/** A test file that starts a Redis of its own says so by this import. */
const STARTS_REDIS = /from '[./]*\/testing\/redis\.ts'/;

/** Takes out, with one line, the files that need a Redis where there is none. @param {string[]} files @param {Context['add']} add */
function withoutRedis(files, add) {
  if (hasRedis()) return files;
  const without = files.filter((file) => !STARTS_REDIS.test(readFileSync(inRoot(file), 'utf8')));
  const left = files.length - without.length;
  if (left > 0) {
    const skips = [`${left} files of tests with Redis: redis-server is missing, see above`];
    add({ passed: 0, failed: 0, skipped: left, skips, failures: [] });
  }
  return without;
}

/**
 * A check that counts as one test; what it objects to it prints itself.
 * @param {string} name @param {string} command @param {string[]} args
 * @returns {Stage['run']}
 */
function check(name, command, args) {
  return async ({ add }) => {
    const { code } = await run(command, args, { cwd: root, show: true, deadlineMs: 3 * 60_000 });
    const counts = { skipped: 0, skips: [] };
    if (code === 0) add({ ...counts, passed: 1, failed: 0, failures: [] });
    else add({ ...counts, passed: 0, failed: 1, failures: [{ file: name, title: `exit code ${code}`, error: '' }] });
  };
}

/**
 * @param {string[]} files
 * @param {Context & { concurrency: number, deadlineMs: number, testDeadlineMs: number }} options
 */
async function runFiles(files, { filter, env, add, concurrency, ...deadlines }) {
  const waiting = withoutRedis(
    files.filter((file) => file.includes(filter)),
    add,
  );
  const lane = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const file = next;
      const { report, failures, ...counts } = await runTestFile(file, { env, ...deadlines });
      say(report.trimEnd());
      add({ ...counts, failures: failures.map((failure) => ({ ...failure, file })) });
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
}

/** @type {Stage[]} */
export const STAGES = [
  {
    name: 'lint',
    title: 'Lint',
    run: check('lint', inRoot('node_modules/.bin/biome'), ['check', '--error-on-warnings', '.']),
  },
  { name: 'types', title: 'Types', run: check('types', nodeBin, ['scripts/types.mjs']) },
  {
    name: 'unit',
    title: 'Unit and integration tests',
    run: (context) =>
      runFiles(testFiles('').filter(isUnitTest), {
        ...context,
        // More than there are cores: most of the slow ones wait for something most of the time.
        concurrency: 3,
        // Three times what the slowest takes: a machine may be busy.
        deadlineMs: 180_000,
        testDeadlineMs: 60_000,
      }),
  },
  {
    name: 'e2e',
    title: 'Browser tests',
    run: (context) =>
      runFiles(testFiles(BROWSER_TESTS).filter(isBrowserTest), {
        ...context,
        concurrency: 1,
        deadlineMs: 300_000,
        testDeadlineMs: 240_000,
      }),
  },
  {
    name: 'deploy',
    title: 'Deployment',
    asked: true,
    run: (context) =>
      runFiles(testFiles(DEPLOY_TESTS), { ...context, concurrency: 1, deadlineMs: 170_000, testDeadlineMs: 160_000 }),
  },
];
