// `npm start` as a person meets it: an address that answers, Ctrl-C that ends everything, words when it cannot.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { ChildProgram } from './child-program.mjs';
import { inRoot } from './paths.mjs';
import { freePort } from './ports.mjs';

const READY_DEADLINE_MS = 40_000;
/** Of both servers, one after the other, 5 s each. */
const STOP_DEADLINE_MS = 15_000;

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

/** It ends with the test, whatever comes of it. @param {import('node:test').TestContext} t @param {number} port */
function start(t, port) {
  const env = { ...process.env, PORT: String(port), RTC_PORT: '0', LOG_LEVEL: '', npm_lifecycle_event: '' };
  const parley = new ChildProgram(process.execPath, [inRoot('scripts/start.mjs')], env);
  t.after(() => parley.kill());
  return parley;
}

/** @param {ChildProgram} parley */
async function ready(parley) {
  await waitFor(
    () => parley.output.includes('Parley is ready') || parley.hasExited,
    () => `not ready:\n${parley.output}`,
  );
  assert.equal(parley.hasExited, false, parley.output);
}

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  test(`it serves the page and the SDK where it says, and ${signal} ends all of it`, async (t) => {
    const port = await freePort();
    const parley = start(t, port);
    await ready(parley);
    assert.match(parley.output, new RegExp(`Parley is ready: http://localhost:${port}\\n`));
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
    assert.equal(await parley.stop(STOP_DEADLINE_MS, signal), 'exit code 0');
    assert.deepEqual([...servers, ...workers].filter(lives), []);
  });
}

test('when one server dies, the other is ended too and the exit code says so', async (t) => {
  const parley = start(t, await freePort());
  await ready(parley);
  const servers = childrenOf(parley.pid);
  const [first] = servers;
  assert.ok(first);
  process.kill(first, 'SIGKILL');
  assert.equal(await parley.exited, 'exit code 1');
  assert.match(parley.output, /has ended \(SIGKILL\)/);
  assert.deepEqual(servers.filter(lives), []);
});

test('a port that is in use is said in one sentence, with what to do', async (t) => {
  const other = createServer();
  await new Promise((resolve) => other.listen(0, '127.0.0.1', () => resolve(undefined)));
  const address = other.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  try {
    const parley = start(t, port);
    assert.equal(await parley.exited, 'exit code 1');
    assert.match(parley.output, new RegExp(`port ${port} is in use.*PORT=\\d+ npm start`));
  } finally {
    other.close();
  }
});
