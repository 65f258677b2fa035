// `npm test`: does all that is missing, then lint, types, unit, integration and browser tests.
// `npm test -- unit`, `npm test -- e2e`, `npm test -- e2e mesh`: one stage, or those of its files that have the word.
// Ends with the line `N passed, N failed` (and `, N skipped`); the exit code says the same.
import { ensureBuild } from './build.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { whenOrphaned } from './orphan.mjs';
import { fail, StepError, say, seconds } from './progress.mjs';
import { ensureSystemPackages, findProgram } from './system-packages.mjs';
import { STAGES } from './test-stages.mjs';
import { ensureWorker } from './worker.mjs';

const OVERALL_DEADLINE_MS = 24 * 60_000;
const INTERRUPT_DEADLINE_MS = 8_000;
const [only, filter = ''] = process.argv.slice(2);
/** @type {import('./test-file.mjs').Counts} */
const total = { passed: 0, failed: 0, skipped: 0, skips: [] };
const env = { ...process.env };

/** A step of the preparation; its failure counts as one failed test. @param {() => Promise<void>} work */
async function prepare(work) {
  try {
    await work();
    return true;
  } catch (error) {
    if (error instanceof StepError) say(`${error.detail}\n✗ ${error.message}`);
    else say(`✗ ${error instanceof Error ? error.stack : error}`);
    total.failed += 1;
    return false;
  }
}

/** @param {number} begun */
function finish(begun) {
  for (const skip of total.skips) say(`skipped: ${skip}`);
  say(`\n${seconds(Date.now() - begun)} in all`);
  say(`${total.passed} passed, ${total.failed} failed${total.skipped ? `, ${total.skipped} skipped` : ''}`);
  process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
}

const stages = STAGES.filter(({ name }) => !only || name === only);
if (stages.length === 0)
  fail(new StepError(`there is no stage "${only}"; there are: ${STAGES.map((s) => s.name).join(', ')}`));

const begun = Date.now();
whenOrphaned(() => {
  say('✗ npm, which had started the tests, is gone');
  process.kill(process.pid, 'SIGTERM');
});
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  process.once(signal, () => {
    total.failed += 1;
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

const ready = await prepare(ensureDependencies);
const runsCode = stages.some(({ name }) => name === 'unit' || name === 'e2e');
if (ready && runsCode) {
  await ensureSystemPackages(['chromium', 'redis-server', 'postgresql']);
  await prepare(async () => {
    env.MEDIASOUP_WORKER_BIN = await ensureWorker();
  });
  await prepare(ensureBuild);
}

for (const stage of ready ? stages : []) {
  const stageBegun = Date.now();
  say(`\n${stage.title}`);
  if (stage.name === 'e2e' && !findProgram('chromium')) {
    total.skipped += 1;
    total.skips.push('all browser tests: chromium is missing, see above');
    continue;
  }
  const { passed, failed, skipped, skips } = await stage.run({ filter, env });
  const none = passed + failed + skipped === 0;
  if (none) say(`✗ ${stage.title}: not one test ran`);
  total.passed += passed;
  total.failed += failed + (none ? 1 : 0);
  total.skipped += skipped;
  total.skips.push(...skips);
  say(
    `${stage.title}: ${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''} (${seconds(Date.now() - stageBegun)})`,
  );
}
clearTimeout(overall);
finish(begun);
