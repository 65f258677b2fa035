// Programs that do not want to end, and what is left of them.
import { deepEqual, equal } from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { run } from './command.mjs';
import { inRoot } from './paths.mjs';

const STUBBORN = "trap '' TERM; while :; do sleep 1; done";
const GONE_WITHIN_MS = 20_000;

/** @param {number} pid */
function isThere(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Waits until a process has gone; nobody tells us of one that is not our child. @param {number} pid */
async function gone(pid) {
  const end = Date.now() + GONE_WITHIN_MS;
  while (isThere(pid) && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
  return !isThere(pid);
}

test('what a program has left behind ends with it, though it would not by itself', async () => {
  const left = `sh -c "${STUBBORN}" > /dev/null 2>&1 & echo $!`;
  const { code, output } = await run('sh', ['-c', left], { deadlineMs: 60_000 });
  equal(code, 0);
  equal(await gone(Number(output)), true);
});

test('who has left its process group and keeps its output is not waited for', async (t) => {
  const { code, output, timedOut } = await run('setsid', ['sh', '-c', 'echo $$; setsid sleep 60 & echo $!'], {
    deadlineMs: 60_000,
  });
  const [, left = 0] = output.trim().split('\n').map(Number);
  t.after(() => process.kill(left, 'SIGKILL'));
  deepEqual({ code, timedOut, isThere: isThere(left) }, { code: 0, timedOut: false, isThere: true });
});

test('a program that does not end in time is ended', async () => {
  const { output, timedOut } = await run('sh', ['-c', 'echo $$; exec sleep 60'], { deadlineMs: 500 });
  equal(timedOut, true);
  equal(await gone(Number(output)), true);
});

for (const signal of /** @type {const} */ (['SIGTERM', 'SIGKILL'])) {
  test(`of whoever ran programs and got a ${signal}, no program is left, the stubborn one neither`, async () => {
    const program = `
      import { run } from ${JSON.stringify(inRoot('scripts/command.mjs'))};
      const options = { deadlineMs: 60_000, show: true };
      void run('sh', ['-c', ${JSON.stringify(`echo $$; ${STUBBORN}`)}], options);
      void run('sh', ['-c', 'echo $$; exec sleep 60'], options);
      console.log(process.pid);`;
    const runner = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(runner, 'exit');
    let said = '';
    for await (const text of runner.stdout.setEncoding('utf8')) {
      said += text;
      if (said.split('\n').length > 3) break;
    }
    runner.kill(signal);
    await ended;
    const pids = said.trim().split('\n').map(Number);
    deepEqual(await Promise.all(pids.map(gone)), [true, true, true]);
  });
}
