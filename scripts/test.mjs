// `npm test`: does all that is missing, then lint, types, unit, integration and browser tests.
// `npm test -- deploy` (or `npm run test:deploy`) starts all that docker-compose.yml names; it runs only when asked for.
// `npm test -- unit`, `npm test -- e2e`, `npm test -- e2e mesh`: one stage, or those of its files that have the word.
// Says at the end again what failed. Ends with the line `N passed, N failed` (and `, N skipped`); the exit code says the same.
import { ensureBuild } from './build.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { repeatFailures } from './failed-tests.mjs';
import { whenOrphaned } from './orphan.mjs';
import { inRoot } from './paths.mjs';
import { fail, StepError, say, seconds } from './progress.mjs';
import { ensureSystemPackages, findProgram } from './system-packages.mjs';
import { STAGES } from './test-stages.mjs';
import { ensureWorker } from './worker.mjs';

/** @typedef {import('./test-stages.mjs').Counts} Counts */

const OVERALL_DEADLINE_MS = 24 * 60_000;
const INTERRUPT_DEADLINE_MS = 8_000;
const [only, filter = ''] = process.argv.slice(2);
const total = none();
/**
 * Every test file and every server of a test is a process: what they compile alike is compiled once.
 * @type {NodeJS.ProcessEnv}
 */
const env = { NODE_COMPILE_CACHE: inRoot('.cache/compiled'), ...process.env };

/** A failure that is no test's. @param {string} title @param {string} [error] */
function failed(title, error = '') {
  total.failed += 1;
  total.failures.push({ file: 'npm test', title, error });
}

/** A step of the preparation, or a stage: when it throws, that counts as one failed test. @param {() => Promise<void>} work */
async function attempt(work) {
  try {
    await work();
    return true;
  } catch (error) {
    if (error instanceof StepError) say(`${error.detail}\n✗ ${error.message}`);
    else say(`✗ ${error instanceof Error ? error.stack : error}`);
    failed(String(error), error instanceof StepError ? error.detail : '');
    return false;
  }
}

/** @returns {Counts} */
function none() {
  return { passed: 0, failed: 0, skipped: 0, skips: [], failures: [] };
}

/** @param {Counts} sum @param {Counts} more */
function add(sum, { passed, failed, skipped, skips, failures }) {
  sum.passed += passed;
  sum.failed += failed;
  sum.skipped += skipped;
  sum.skips.push(...skips);
  sum.failures.push(...failures);
}

/** @param {Counts} counts */
const inWords = ({ passed, failed, skipped }) =>
  `${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`;

/** @param {number} begun */
function finish(begun) {
  for (const skip of total.skips) say(`skipped: ${skip}`);
  for (const line of repeatFailures(total.failures)) say(line);
  say(`\n${seconds(Date.now() - begun)} in all`);
  say(inWords(total));
  process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
}

const stages = STAGES.filter(({ name, asked }) => (only ? name === only : !asked));
if (stages.length === 0)
  fail(new StepError(`there is no stage "${only}"; there are: ${STAGES.map((s) => s.name).join(', ')}`));

const begun = Date.now();
whenOrphaned(() => {
  say('✗ npm, which had started the tests, is gone');
  process.kill(process.pid, 'SIGTERM');
});
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  process.once(signal, () => {
    failed(`interrupted (${signal})`);
    say(`✗ interrupted (${signal})`);
    finish(begun);
    // A program that is running is ended by command.mjs, which then ends us.
    setTimeout(() => process.exit(1), INTERRUPT_DEADLINE_MS).unref();
  });
}
const overall = setTimeout(() => {
  say(`✗ the tests did not end within ${seconds(OVERALL_DEADLINE_MS)}`);
  process.kill(process.pid, 'SIGTERM');
}, OVERALL_DEADLINE_MS);

const ready = await attempt(ensureDependencies);
const runs = (/** @type {string[]} */ ...names) => stages.some(({ name }) => names.includes(name));
if (ready && runs('unit', 'e2e', 'deploy')) {
  await ensureSystemPackages(['chromium', 'redis-server', 'postgresql', 'coturn']);
  // Apart from the others: what one distribution lacks must not keep the rest away.
  if (runs('unit', 'deploy')) await ensureSystemPackages(['nginx-light', 'prometheus', 'openssl', 'systemd']);
  await attempt(async () => {
    env.MEDIASOUP_WORKER_BIN = await ensureWorker();
  });
  await attempt(ensureBuild);
}

for (const stage of ready ? stages : []) {
  const stageBegun = Date.now();
  say(`\n${stage.title}`);
  if (stage.name === 'e2e' && !findProgram('chromium')) {
    total.skipped += 1;
    total.skips.push('all browser tests: chromium is missing, see above');
    continue;
  }
  const counts = none();
  // At once, for whoever interrupts us is told, too.
  const addToBoth = (/** @type {Counts} */ more) => {
    for (const sum of [counts, total]) add(sum, more);
  };
  const hasRun = await attempt(() => stage.run({ filter, env, add: addToBoth }));
  if (hasRun && counts.passed + counts.failed + counts.skipped === 0) {
    say(`✗ ${stage.title}: not one test ran`);
    failed(`${stage.title}: not one test ran`);
  }
  say(`${stage.title}: ${inWords(counts)} (${seconds(Date.now() - stageBegun)})`);
}
clearTimeout(overall);
finish(begun);
