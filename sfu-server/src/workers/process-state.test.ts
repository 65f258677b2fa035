import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { until } from '../testing/until.ts';
import { isBusy } from './process-state.ts';

test('a process that computes is busy; one that sleeps or was stopped is not', {
  skip: !existsSync('/proc/self/stat'),
}, async (t) => {
  const child = spawn(process.execPath, ['-e', 'process.stdin.on("data", () => { for (;;); });']);
  t.after(() => child.kill('SIGKILL'));
  const { pid } = child;
  assert.ok(pid);
  await until('it to wait for input', () => !isBusy(pid));
  child.stdin.write('go');
  await until('it to compute', () => isBusy(pid));
  process.kill(pid, 'SIGSTOP');
  await until('it to be stopped', () => !isBusy(pid));
});

test('of a process nobody knows anything about the best is assumed', () => {
  assert.equal(isBusy(2 ** 30), true);
});
