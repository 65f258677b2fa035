// One of our servers as a child process: its log lines, the port it listens on, and its end.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { nodeBin, root } from './paths.mjs';
import { signalGroup } from './watchdog.mjs';

const END_WITH_PARENT = fileURLToPath(new URL('end-with-parent.mjs', import.meta.url));

/**
 * @typedef {{ level: string, message: string, [field: string]: unknown }} LogEntry
 * @typedef {{
 *   name: string,
 *   entry: string,
 *   env: Record<string, string | undefined>,
 *   watch?: boolean,
 *   onLog?: (entry: LogEntry) => void,
 * }} ServerOptions `entry` relative to the repository; `env` is added to our own, undefined removes a name.
 */

export class ServerProcess {
  /** @type {string} */ name;
  /** How it ended, once it has. @type {Promise<string>} */ exited;
  /** The port of its "listening" line. @type {Promise<number>} */ listening;
  hasExited = false;
  #child;

  /** @param {ServerOptions} options */
  constructor({ name, entry, env, watch = false, onLog = () => {} }) {
    this.name = name;
    const preload = watch ? ['--watch', '--watch-preserve-output'] : ['--import', END_WITH_PARENT];
    this.#child = spawn(nodeBin, ['--enable-source-maps', ...preload, entry], {
      cwd: root,
      env: withEnv(env),
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const { stdin, stdout, stderr } = this.#child;
    stdin.on('error', () => {});

    /** @type {PromiseWithResolvers<number>} */
    const port = withResolvers();
    this.listening = port.promise;
    this.listening.catch(() => {});
    const read = (/** @type {string} */ plain) => (/** @type {string} */ line) => {
      const entry = parseLine(line, plain);
      if (entry.message === 'listening' && typeof entry.port === 'number') port.resolve(entry.port);
      onLog(entry);
    };
    createInterface({ input: stdout }).on('line', read('warn'));
    createInterface({ input: stderr }).on('line', read('error'));

    this.exited = new Promise((resolve) => {
      const ended = (/** @type {string} */ how) => {
        this.hasExited = true;
        port.reject(new Error(`${name} ended before it listened (${how})`));
        resolve(how);
      };
      this.#child.once('error', (error) => ended(error.message));
      this.#child.once('close', (code, signal) => ended(signal ?? `exit code ${code}`));
    });
  }

  get pid() {
    return this.#child.pid;
  }

  /** Asks it to end (SIGTERM), and no longer asks after `deadlineMs`. @param {number} [deadlineMs] */
  async stop(deadlineMs = 5_000) {
    if (this.hasExited) return;
    signalGroup(this.#child, 'SIGTERM');
    const timer = setTimeout(() => this.kill(), deadlineMs);
    await this.exited;
    clearTimeout(timer);
  }

  /** Ends it at once, with all it has started. */
  kill() {
    signalGroup(this.#child, 'SIGKILL');
  }
}

/** @param {Record<string, string | undefined>} more */
function withEnv(more) {
  const env = { ...process.env, ...more };
  for (const name of Object.keys(env)) if (env[name] === undefined) delete env[name];
  return env;
}

/**
 * A line of our logger. What is none (a stack on stderr, a word of `node --watch` on stdout) gets the level `plain`.
 * @param {string} line
 * @param {string} plain
 * @returns {LogEntry}
 */
function parseLine(line, plain) {
  try {
    const entry = JSON.parse(line);
    if (entry && typeof entry.message === 'string') return entry;
  } catch {
    // Plain text.
  }
  return { level: plain, message: line };
}

/** Promise.withResolvers, which Node 20 lacks. @template T @returns {PromiseWithResolvers<T>} */
function withResolvers() {
  /** @type {any} */
  const result = {};
  result.promise = new Promise((resolve, reject) => Object.assign(result, { resolve, reject }));
  return result;
}
