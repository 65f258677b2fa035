/**
 * Child processes with a deadline.
 *
 * Every child leads a process group of its own, so that ending it ends what it
 * started too (a compiler driver leaves its compiler proper running otherwise),
 * and every group still alive is ended when this process goes away.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** Enough of a failed command's output to see why it failed. */
const OUTPUT_LIMIT = 64 * 1024;
const TAIL_LINES = 15;

/** @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();

/** @type {readonly NodeJS.Signals[]} */
const DEADLY_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** A command that could not be started, failed, or ran out of time. */
export class CommandError extends Error {
  /**
   * @param {string} message
   * @param {{ refused?: boolean, output?: string, cause?: unknown }} [details]
   */
  constructor(message, { refused = false, output = '', cause } = {}) {
    super(output ? `${message}:\n${output}` : message, { cause });
    this.name = 'CommandError';
    /** The command ran to its end and said no: neither killed nor missing. */
    this.refused = refused;
    /** The end of what it wrote. */
    this.output = output;
  }
}

/**
 * Runs a command to its end.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{
 *   timeoutMs: number,
 *   cwd?: string,
 *   env?: NodeJS.ProcessEnv,
 *   signal?: AbortSignal,
 * }} options
 * @returns {Promise<string>} what it wrote to stdout
 * @throws {CommandError}
 */
export function run(command, args, { timeoutMs, cwd, env, signal }) {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();

    const child = spawn(command, args, {
      cwd,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    /** @type {string | undefined} */
    let endedBecause;

    /** @param {string} reason */
    const end = (reason) => {
      endedBecause ??= reason;
      killGroup(child);
    };
    const deadline = setTimeout(() => end(`took longer than ${timeoutMs / 1000} s`), timeoutMs);
    const onAbort = () => end('was cancelled');

    signal?.addEventListener('abort', onAbort, { once: true });
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk) => {
      stderr = (stderr + chunk).slice(-OUTPUT_LIMIT);
    });
    remember(child);

    /** @param {CommandError | undefined} error */
    const settle = (error) => {
      clearTimeout(deadline);
      signal?.removeEventListener('abort', onAbort);
      // What it started and left behind, such as a worker that hangs.
      killGroup(child);
      forget(child);
      error ? reject(error) : resolve(stdout);
    };

    child.once('error', (cause) => settle(new CommandError(`cannot run ${command}: ${cause.message}`, { cause })));
    child.once('close', (code, endSignal) => {
      if (code === 0 && !endedBecause) return settle(undefined);

      const output = tail(stderr.trim() || stdout.trim());
      const how = endedBecause ?? (endSignal ? `was ended by ${endSignal}` : `failed with code ${code}`);

      settle(new CommandError(`${command} ${how}`, { refused: !endedBecause && code !== null, output }));
    });
  });
}

/** @param {string} output */
function tail(output) {
  return output.split('\n').slice(-TAIL_LINES).join('\n');
}

/** @param {import("node:child_process").ChildProcess} child */
function killGroup(child) {
  if (child.pid === undefined) return;

  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The group is gone already.
  }
}

function killAll() {
  for (const child of running) killGroup(child);
}

/** @param {NodeJS.Signals} signal */
function dieOf(signal) {
  killAll();
  for (const name of DEADLY_SIGNALS) process.off(name, dieOf);
  // Unless the program has its own plans, end as the signal would have, but by
  // way of the "exit" listeners: one of them gives the lock back.
  if (process.listenerCount(signal) === 0) process.exit(128 + constants.signals[signal]);
}

// Listeners exist only while a child does: a program that imports this module
// keeps its own way of handling signals the rest of the time.
/** @param {import("node:child_process").ChildProcess} child */
function remember(child) {
  if (running.size === 0) {
    process.on('exit', killAll);
    for (const name of DEADLY_SIGNALS) process.on(name, dieOf);
  }
  running.add(child);
}

/** @param {import("node:child_process").ChildProcess} child */
function forget(child) {
  running.delete(child);
  if (running.size > 0) return;
  process.off('exit', killAll);
  for (const name of DEADLY_SIGNALS) process.off(name, dieOf);
}
