// Programs we run: quietly with a deadline, or in view; always with an end.
import { spawn } from 'node:child_process';
import { StepError } from './progress.mjs';
import { endWithUs, signalGroup } from './watchdog.mjs';

const KEPT_OUTPUT = 256 * 1024;
const KILL_AFTER_MS = 5_000;
/** Whoever has left the program's process group may hold on to its output for ever. */
const LAST_OUTPUT_MS = 1_000;

/**
 * Runs a program in its own process group until it ends or its deadline passes; then nothing of the group is left. Nor is
 * anything when we go before it does, however we go.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, deadlineMs: number, show?: boolean, onLine?: (line: string) => void }} options
 *   `show` passes the output through; otherwise it is kept and returned (the last 256 KiB).
 * @returns {Promise<{ code: number, output: string, timedOut: boolean }>}
 */
export function run(command, args, { cwd, env = process.env, deadlineMs, show = false, onLine }) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env,
      detached: true,
      stdio: ['ignore', show ? 'inherit' : 'pipe', show ? 'inherit' : 'pipe'],
    });
    const unwatch = endWithUs(child);
    let output = '';
    let rest = '';
    let timedOut = false;
    const take = (/** @type {string} */ text) => {
      output = (output + text).slice(-KEPT_OUTPUT);
      if (!onLine) return;
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) onLine(line);
    };
    child.stdout?.setEncoding('utf8').on('data', take);
    child.stderr?.setEncoding('utf8').on('data', take);

    /** What is still to happen, at a time. @type {NodeJS.Timeout[]} */
    const timers = [];
    const end = () => {
      signalGroup(child, 'SIGTERM');
      timers.push(setTimeout(() => signalGroup(child, 'SIGKILL'), KILL_AFTER_MS));
    };
    timers.push(
      setTimeout(() => {
        timedOut = true;
        end();
      }, deadlineMs),
    );
    const interrupted = (/** @type {NodeJS.Signals} */ name) => {
      end();
      child.once('exit', () => process.exit(name === 'SIGINT' ? 130 : 143));
    };
    process.once('SIGINT', interrupted);
    process.once('SIGTERM', interrupted);

    const done = (/** @type {number} */ code) => {
      for (const timer of timers) clearTimeout(timer);
      process.off('SIGINT', interrupted);
      process.off('SIGTERM', interrupted);
      unwatch();
      child.stdout?.destroy();
      child.stderr?.destroy();
      resolve({ code, output, timedOut });
    };
    child.once('error', (error) => {
      output += String(error.message);
      done(127);
    });
    child.once('exit', (code) => {
      signalGroup(child, 'SIGKILL');
      // What has come by then is read first, however late we are ourselves.
      timers.push(setTimeout(() => setImmediate(() => done(code ?? 1)), LAST_OUTPUT_MS));
    });
    child.once('close', (code) => done(code ?? 1));
  });
}

/**
 * Like `run`, but a failure is a StepError that carries the output.
 * @param {string} command
 * @param {string[]} args
 * @param {{ what: string, cwd?: string, env?: NodeJS.ProcessEnv, deadlineMs: number, onLine?: (line: string) => void }} options
 */
export async function runOrFail(command, args, { what, ...options }) {
  const { code, output, timedOut } = await run(command, args, options);
  if (timedOut) throw new StepError(`${what} took longer than ${Math.round(options.deadlineMs / 1000)} s.`, output);
  if (code !== 0) throw new StepError(`${what} failed (exit code ${code}).`, output);
  return output;
}
