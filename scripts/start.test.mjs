// `npm start` as a person meets it: an address that answers, Ctrl-C that ends everything, words when it cannot.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { inRoot, root } from './paths.mjs';
import { freePort } from './ports.mjs';

const READY_DEADLINE_MS = 40_000;

/** Processes that `pid` has started and that live. Only Linux tells. @param {number} pid @returns {number[]} */
function childrenOf(pid) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        // "pid (name) state ppid …": the name may hold spaces and brackets.
        const [state, parent] = readFileSync(`/proc/${name}/stat`, 'utf8')
          .replace(/^.*\) /s, '')
          .split(' ');
        return state !== 'Z' && Number(parent) === pid;
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** @param {number} pid */
const lives = (pid) => {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};

/** @param {() => boolean | Promise<boolean>} isTrue @param {() => string} complaint */
async function waitFor(isTrue, complaint) {
  const end = Date.now() + READY_DEADLINE_MS;
  while (!(await isTrue())) {
    assert.ok(Date.now() < end, complaint());
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** @param {number} port */
function start(port) {
  const child = spawn(process.execPath, [inRoot('scripts/start.mjs')], {
    cwd: root,
    env: { ...process.env, PORT: String(port), RTC_PORT: '0', LOG_LEVEL: '', npm_lifecycle_event: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    output += text;
  });
  /** @type {Promise<number | null>} */
  const exited = new Promise((resolve) => child.once('close', resolve));
  return {
    pid: /** @type {number} */ (child.pid),
    exited,
    output: () => output,
    kill: (/** @type {NodeJS.Signals} */ signal) => child.kill(signal),
    async ready() {
      await waitFor(
        () => output.includes('Parley is ready') || child.exitCode !== null,
        () => `not ready:\n${output}`,
      );
      assert.equal(child.exitCode, null, output);
    },
  };
}

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  test(`it serves the page and the SDK where it says, and ${signal} ends all of it`, async () => {
    const port = await freePort();
    const parley = start(port);
    await parley.ready();
    assert.match(parley.output(), new RegExp(`Parley is ready: http://localhost:${port}\\n`));
    const get = (/** @type {string} */ path) => fetch(`http://localhost:${port}${path}`);
    assert.equal(await (await get('/health')).text(), 'OK');
    assert.match(await (await get('/')).text(), /<!doctype html>/i);
    assert.match((await get('/sdk/parley-voice.js')).headers.get('content-type') ?? '', /javascript/);
    await waitFor(
      async () => /^parley_sfu_nodes 1$/m.test(await (await get('/metrics')).text()),
      () => 'signaling has not found the SFU',
    );

    const servers = childrenOf(parley.pid);
    assert.equal(servers.length, 2);
    const workers = servers.flatMap(childrenOf);
    assert.ok(workers.length > 0, 'there are mediasoup workers');
    parley.kill(signal);
    assert.equal(await parley.exited, 0);
    assert.deepEqual([...servers, ...workers].filter(lives), []);
  });
}

test('when one server dies, the other is ended too and the exit code says so', async () => {
  const parley = start(await freePort());
  await parley.ready();
  const servers = childrenOf(parley.pid);
  const [first] = servers;
  assert.ok(first);
  process.kill(first, 'SIGKILL');
  assert.equal(await parley.exited, 1);
  assert.match(parley.output(), /has ended \(SIGKILL\)/);
  assert.deepEqual(servers.filter(lives), []);
});

test('a port that is in use is said in one sentence, with what to do', async () => {
  const other = createServer();
  await new Promise((resolve) => other.listen(0, '127.0.0.1', () => resolve(undefined)));
  const address = other.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  try {
    const parley = start(port);
    assert.equal(await parley.exited, 1);
    assert.match(parley.output(), new RegExp(`port ${port} is in use.*PORT=\\d+ npm start`));
  } finally {
    other.close();
  }
});
