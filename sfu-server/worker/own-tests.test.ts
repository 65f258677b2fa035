import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { RTCDtlsTransport } from 'werift';
import { ensureWorker } from './ensure.mjs';

const require = createRequire(import.meta.url);
/** Where mediasoup lies: `<package>/node/lib/index.js`. */
const MEDIASOUP = path.resolve(path.dirname(require.resolve('mediasoup')), '../..');
/** Compiled test files that mediasoup's package brings. */
const TESTS = 'node/lib/test';
/** Per test; its own limits, mostly 2 s, are for a machine with nothing else to do. In ms. */
const TEST_TIMEOUT_MS = 20_000;
const OWN_LIMIT = /^\}, \d+\);$/gm;

interface JestReport {
  testResults: {
    name: string;
    message: string;
    assertionResults: { fullName: string; status: string; failureMessages: string[] }[];
  }[];
}

/** jest passes over everything in node_modules, so the tests and what they test are copied out of it. */
async function copyTests(t: TestContext): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'parley-mediasoup-tests-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await cp(path.join(MEDIASOUP, 'node/lib'), path.join(folder, 'node/lib'), { recursive: true });
  await cp(path.join(MEDIASOUP, 'package.json'), path.join(folder, 'package.json'));
  const tests = path.join(folder, TESTS);
  for (const name of (await readdir(tests)).filter((it) => it.endsWith('.js'))) {
    const source = await readFile(path.join(tests, name), 'utf8');
    await writeFile(path.join(tests, name), source.replace(OWN_LIMIT, '});'));
  }
  // The one fixture they need: any certificate, which the package leaves out.
  const { certPem, privateKey } = await RTCDtlsTransport.SetupCertificate();
  await mkdir(path.join(tests, 'data'));
  await writeFile(path.join(tests, 'data/dtls-cert.pem'), certPem);
  await writeFile(path.join(tests, 'data/dtls-key.pem'), privateKey);
  return folder;
}

async function runJest(folder: string, workerBin: string): Promise<JestReport> {
  const config = {
    rootDir: folder,
    testRegex: `${TESTS}/test-[^/]*\\.js$`,
    testTimeout: TEST_TIMEOUT_MS,
    transform: {},
    modulePaths: [path.dirname(MEDIASOUP), ...(require.resolve.paths('werift-sctp') ?? [])],
    cacheDirectory: path.join(folder, 'cache'),
  };
  const report = path.join(folder, 'report.json');
  const jest = spawn(
    process.execPath,
    [
      require.resolve('jest/bin/jest'),
      ...['--config', JSON.stringify(config)],
      ...['--maxWorkers', '2', '--silent', '--json', '--outputFile', report],
    ],
    { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, MEDIASOUP_WORKER_BIN: workerBin } },
  );
  let said = '';
  jest.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk;
  });
  await new Promise((resolve, reject) => jest.once('close', resolve).once('error', reject));
  return readFile(report, 'utf8').then(JSON.parse, () => assert.fail(`jest did not report: ${said}`));
}

test('all tests that mediasoup brings for its worker pass against ours', async (t) => {
  const shipped = (await readdir(path.join(MEDIASOUP, TESTS))).filter((name) => name.endsWith('.js'));
  const { testResults } = await runJest(await copyTests(t), await ensureWorker());
  assert.deepEqual(new Set(testResults.map(({ name }) => path.basename(name))), new Set(shipped));
  for (const { name, message, assertionResults } of testResults) {
    await t.test(`${path.basename(name, '.js')}: ${assertionResults.length} tests`, () => {
      assert.ok(assertionResults.length > 0, message);
      const failed = assertionResults.filter(({ status }) => status !== 'passed');
      const words = failed.map((it) => `${it.fullName}: ${it.status}\n${it.failureMessages.join('\n')}`);
      assert.equal(failed.length, 0, words.join('\n'));
    });
  }
});
