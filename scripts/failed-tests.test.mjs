// What `npm test` says of failures at its end.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { repeatFailures } from './failed-tests.mjs';
import { runTestFile } from './test-file.mjs';
import report from './test-reporter.mjs';

const folder = mkdtempSync(join(tmpdir(), 'parley-failed-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a test file of this text. @param {string} name @param {string} text */
function runText(name, text) {
  const file = join(folder, name);
  writeFileSync(file, `import assert from 'node:assert/strict';\nimport { test } from 'node:test';\n${text}`);
  // What `node --test` tells its own files is not for another `node --test`.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  return runTestFile(file, { deadlineMs: 60_000, testDeadlineMs: 60_000, env });
}

test('nothing is said when nothing failed', () => assert.deepEqual(repeatFailures([]), []));

test('a failed test is named with its file and the first lines of its error', () => {
  const error = Array.from({ length: 18 }, (_, i) => `line ${i + 1}`).join('\n');
  const lines = repeatFailures([{ file: 'a.test.ts', title: 'it holds', error }]);
  assert.deepEqual(lines.slice(1, 5), ['What failed:', '  a.test.ts', '    ✗ it holds', '        line 1']);
  assert.deepEqual(lines.slice(-2), ['        line 15', '        … 3 more lines, see above']);
});

test('of many failures twenty are repeated, and the others counted', () => {
  const failures = Array.from({ length: 23 }, (_, i) => ({ file: 'a.test.ts', title: `test ${i + 1}`, error: '' }));
  const lines = repeatFailures(failures);
  assert.equal(lines.filter((line) => line.includes('✗')).length, 20);
  assert.equal(lines.at(-1), '  … and 3 more, see above');
});

test('a file tells which of its tests failed and why, inner ones by their own name', async () => {
  const { passed, failed, failures } = await runText(
    'mixed.test.mjs',
    `test('good', () => {});
     test('bad', () => assert.equal(1, 2, 'one is not two'));
     test('outer', async (t) => { await t.test('inner', () => { throw new Error('inner trouble'); }); });`,
  );
  assert.deepEqual({ passed, failed }, { passed: 1, failed: 2 });
  assert.deepEqual(
    failures.map(({ title }) => title),
    ['bad', 'inner'],
  );
  assert.match(failures[0]?.error ?? '', /one is not two/);
  assert.match(failures[1]?.error ?? '', /inner trouble/);
});

test('a file that ends wrongly though no test failed, or holds none, is a failure of its own', async () => {
  const { failed, failures } = await runText('exit.test.mjs', '');
  assert.equal(failed, 1);
  assert.deepEqual(failures, [{ title: 'holds no tests', error: '' }]);
});

test('what failed is written down at once, for a file may hang afterwards', async () => {
  const countsFile = join(folder, 'counts.json');
  const before = process.env.PARLEY_TEST_COUNTS;
  process.env.PARLEY_TEST_COUNTS = countsFile;
  try {
    async function* events() {
      yield { type: 'test:fail', data: { name: 'bad', nesting: 0, details: { error: new Error('wrong') } } };
      await new Promise(() => {});
    }
    await report(events()).next();
    const { failed, failures } = JSON.parse(readFileSync(countsFile, 'utf8'));
    assert.deepEqual([failed, failures.length, failures[0].title], [1, 1, 'bad']);
    assert.match(failures[0].error, /^Error: wrong/);
  } finally {
    if (before === undefined) delete process.env.PARLEY_TEST_COUNTS;
    else process.env.PARLEY_TEST_COUNTS = before;
  }
});
