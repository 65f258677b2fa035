// Processes we have started do not outlive us, however we go: SIGKILL too.
import { spawn } from 'node:child_process';

/** Kills the process group it is given once its own input ends: once we are gone. (dash takes no `kill -9 --`.) */
const WATCHDOG = 'read -r _; kill -s KILL -- "-$1"';

/**
 * @param {import('node:child_process').ChildProcess} child started with `detached: true`
 * @returns {() => void} ends the watch: once the child has gone
 */
export function endWithUs(child) {
  if (child.pid === undefined) return () => {};
  // Not of our process group: it must outlive what kills us, long enough to see our end.
  const watchdog = spawn('/bin/sh', ['-c', WATCHDOG, 'sh', String(child.pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watchdog.on('error', () => {});
  watchdog.stdin.on('error', () => {});
  return () => void watchdog.kill('SIGKILL');
}

/** A signal to all of the child's process group. @param {import('node:child_process').ChildProcess} child started with `detached: true` @param {NodeJS.Signals} name */
export function signalGroup(child, name) {
  try {
    if (child.pid) process.kill(-child.pid, name);
  } catch {
    // The whole group has gone.
  }
}
