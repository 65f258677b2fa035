// A `node --test` reporter for people: a line per test, failures in full; and the counts as JSON for test-file.mjs.
import { writeFileSync } from 'node:fs';
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

/** @param {string} text @param {string} by */
const indent = (text, by) => text.trimEnd().replaceAll(/^/gm, by);

/**
 * @param {AsyncIterable<any>} source events of node:test
 * @yields {string}
 */
export default async function* report(source) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  /** @type {string[]} */
  const skips = [];
  for await (const { type, data } of source) {
    if (type === 'test:diagnostic' && !TOTALS.test(data.message)) yield `      ${data.message}\n`;
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    const failed = type === 'test:fail';
    if (data.details?.type === 'suite' && !failed) continue;
    if (failed && data.details?.error?.failureType === 'subtestsFailed') continue;

    const skip = data.skip ?? data.todo;
    if (skip !== undefined) {
      counts.skipped += 1;
      skips.push(`${data.name}: ${typeof skip === 'string' && skip ? skip : 'no reason given'}`);
      yield `    - ${data.name} (skipped)\n`;
    } else if (failed) {
      counts.failed += 1;
      yield `    ✗ ${data.name}\n${indent(describe(data.details.error), '        ')}\n`;
    } else {
      counts.passed += 1;
      const { duration_ms: ms } = data.details;
      yield `    ✓ ${data.name}${ms > SLOW_MS ? ` (${seconds(ms)})` : ''}\n`;
    }
  }
  const { PARLEY_TEST_COUNTS: destination } = process.env;
  if (destination) writeFileSync(destination, JSON.stringify({ ...counts, skips }));
}
