// A `node --test` reporter for people: a line per test, failures in full. For test-file.mjs it also writes the counts and
// the failures as JSON, and what the tests printed, each to a file named by the environment.
import { appendFileSync, writeFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { seconds } from './progress.mjs';

const SLOW_MS = 200;
/** What Node itself adds at the end. */
const TOTALS = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /;

/** @param {unknown} error */
function describe(error) {
  const cause = error instanceof Error && error.cause ? error.cause : error;
  if (!(cause instanceof Error)) return typeof cause === 'string' ? cause : inspect(cause);
  const lines = inspect(cause).split('\n');
  return lines.filter((line) => !/^\s+at .*(node:internal|node:async_hooks|node:test)/.test(line)).join('\n');
}

/** A file that holds no tests is reported as one test, with its own path for a name. @param {any} data */
const isWholeFile = (data) => data.nesting === 0 && Boolean(data.file?.endsWith(data.name));

/** @param {string} text @param {string} by */
const indent = (text, by) => text.trimEnd().replaceAll(/^/gm, by);

/**
 * @param {AsyncIterable<any>} source events of node:test
 * @yields {string}
 */
export default async function* report(source) {
  const { PARLEY_TEST_COUNTS: countsFile, PARLEY_TEST_PRINTED: printedFile } = process.env;
  const counts = { passed: 0, failed: 0, skipped: 0 };
  /** @type {string[]} */
  const skips = [];
  /** @type {import('./failed-tests.mjs').Failure[]} */
  const failures = [];
  const writeCounts = () => countsFile && writeFileSync(countsFile, JSON.stringify({ ...counts, skips, failures }));
  for await (const { type, data } of source) {
    if ((type === 'test:stdout' || type === 'test:stderr') && printedFile) appendFileSync(printedFile, data.message);
    if (type === 'test:diagnostic' && !TOTALS.test(data.message)) yield `      ${data.message}\n`;
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    const failed = type === 'test:fail';
    if (!failed && (data.details?.type === 'suite' || isWholeFile(data))) continue;
    if (failed && data.details?.error?.failureType === 'subtestsFailed') continue;

    const skip = data.skip ?? data.todo;
    if (skip !== undefined) {
      counts.skipped += 1;
      skips.push(`${data.name}: ${typeof skip === 'string' && skip ? skip : 'no reason given'}`);
      yield `    - ${data.name} (skipped)\n`;
    } else if (failed) {
      const error = describe(data.details.error);
      counts.failed += 1;
      failures.push({ title: data.name, error });
      // At once: of a file that hangs afterwards this is all that is known.
      writeCounts();
      yield `    ✗ ${data.name}\n${indent(error, '        ')}\n`;
    } else {
      counts.passed += 1;
      const { duration_ms: ms } = data.details;
      yield `    ✓ ${data.name}${ms > SLOW_MS ? ` (${seconds(ms)})` : ''}\n`;
    }
  }
  writeCounts();
}
