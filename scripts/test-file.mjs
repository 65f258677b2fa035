// One test file in a process of its own, with a deadline; whatever it started ends with it.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './command.mjs';
import { inRoot, nodeBin, root } from './paths.mjs';
import { seconds } from './progress.mjs';

const KEPT_LINES = 150;

/** @typedef {import('./failed-tests.mjs').Failure} Failure */
/** @typedef {{ passed: number, failed: number, skipped: number, skips: string[] }} Counts */

/** @param {string} path */
function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/**
 * @param {string} file relative to the repository
 * @param {{ deadlineMs: number, testDeadlineMs: number, env: NodeJS.ProcessEnv }} options
 * @returns {Promise<Counts & { failures: Failure[], report: string }>} the report is for people
 */
export async function runTestFile(file, { deadlineMs, testDeadlineMs, env }) {
  const folder = mkdtempSync(join(tmpdir(), 'parley-test-'));
  const lines = join(folder, 'lines');
  const countsFile = join(folder, 'counts.json');
  const printedFile = join(folder, 'printed');
  const begun = Date.now();
  try {
    const args = [
      '--test',
      '--disable-warning=ExperimentalWarning',
      `--test-timeout=${testDeadlineMs}`,
      `--test-reporter=${inRoot('scripts/test-reporter.mjs')}`,
      `--test-reporter-destination=${lines}`,
      file,
    ];
    const { code, output, timedOut } = await run(nodeBin, args, {
      cwd: root,
      env: { ...env, PARLEY_TEST_COUNTS: countsFile, PARLEY_TEST_PRINTED: printedFile },
      deadlineMs,
    });
    const counts = /** @type {Counts & { failures: Failure[] }} */ (
      JSON.parse(read(countsFile) || '{"passed":0,"failed":0,"skipped":0,"skips":[],"failures":[]}')
    );
    const complaint = complain({ counts, code, timedOut, deadlineMs });
    if (complaint) {
      counts.failed += 1;
      counts.failures.push({ title: complaint, error: '' });
    }
    let report = `  ${file} (${seconds(Date.now() - begun)})\n${read(lines)}`;
    if (complaint) report += `    ✗ ${complaint}\n`;
    const printed = (read(printedFile) + output).trim().split('\n').filter(Boolean).slice(-KEPT_LINES);
    if (counts.failed > 0 && printed.length > 0) {
      report += `      what it printed:\n${printed.map((line) => `        | ${line}`).join('\n')}\n`;
    }
    return { ...counts, report };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * What is wrong with a file beyond its failed tests.
 * @param {{ counts: Counts, code: number, timedOut: boolean, deadlineMs: number }} outcome
 */
function complain({ counts, code, timedOut, deadlineMs }) {
  if (timedOut) return `did not end within ${seconds(deadlineMs)}: a test hangs, or something was left open`;
  if (counts.failed > 0) return undefined;
  if (code !== 0) return `exit code ${code} though no test failed`;
  if (counts.passed + counts.skipped === 0) return 'holds no tests';
  return undefined;
}
