// A program of the operating system's that runs as long as a test; whatever it starts ends with it, and all with us, however we go.
import { spawn } from 'node:child_process';
import { endWithUs, signalGroup } from './watchdog.mjs';

const KEPT_OUTPUT = 20_000;
const STOP_DEADLINE_MS = 5_000;

export class ChildProgram {
  hasExited = false;
  /** How it ended, once it has, or why it could not start. @type {Promise<string>} */ exited;
  #child;
  #unwatch;
  #output = '';

  /** @param {string} path of an executable @param {readonly string[]} args @param {NodeJS.ProcessEnv} [env] instead of our own */
  constructor(path, args, env = process.env) {
    this.#child = spawn(path, args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const keep = (/** @type {Buffer | string} */ chunk) => {
      this.#output = (this.#output + chunk).slice(-KEPT_OUTPUT);
    };
    this.#child.stdout.on('data', keep);
    this.#child.stderr.on('data', keep);
    this.exited = new Promise((resolve) => {
      const ended = (/** @type {string} */ how) => {
        this.hasExited = true;
        resolve(how);
      };
      this.#child.once('error', (error) => {
        keep(error.message);
        ended(error.message);
      });
      this.#child.once('close', (code, signal) => ended(signal ?? `exit code ${code}`));
    });
    this.#unwatch = endWithUs(this.#child);
  }

  get pid() {
    return this.#child.pid ?? 0;
  }

  /** What it has said, the last of it. */
  get output() {
    return this.#output;
  }

  /** A signal to the program alone. @param {NodeJS.Signals} name */
  signal(name) {
    if (!this.hasExited) this.#child.kill(name);
  }

  /** Asks it to end, and no longer asks after `deadlineMs`. @param {NodeJS.Signals} [how] @returns how it ended */
  async stop(deadlineMs = STOP_DEADLINE_MS, how = 'SIGTERM') {
    this.signal(how);
    const timer = setTimeout(() => this.kill(), deadlineMs);
    const ended = await this.exited;
    clearTimeout(timer);
    this.#unwatch();
    return ended;
  }

  /** Ends it at once, with all it has started. */
  async kill() {
    this.#unwatch();
    if (!this.hasExited) signalGroup(this.#child, 'SIGKILL');
    await this.exited;
  }
}
