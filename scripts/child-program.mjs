// A program of the operating system's that runs as long as a test; whatever it starts ends with it, and all with us, however we go.
import { spawn } from 'node:child_process';

const KEPT_OUTPUT = 20_000;
const STOP_DEADLINE_MS = 5_000;
/** Kills the process group it is given once its own input ends: once we are gone. */
const WATCHDOG = 'cat > /dev/null; kill -9 -- "-$1"';

export class ChildProgram {
  hasExited = false;
  /** How it ended, once it has, or why it could not start. @type {Promise<string>} */ exited;
  #child;
  #watchdog;
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
    // Not of our process group: it must outlive what kills us, long enough to see our end.
    this.#watchdog = spawn('/bin/sh', ['-c', WATCHDOG, 'sh', String(this.#child.pid)], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.#watchdog.on('error', () => {});
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

  /** Asks it to end (SIGTERM), and no longer asks after a while. @returns how it ended */
  async stop() {
    this.signal('SIGTERM');
    const timer = setTimeout(() => this.kill(), STOP_DEADLINE_MS);
    const how = await this.exited;
    clearTimeout(timer);
    this.#watchdog.kill('SIGKILL');
    return how;
  }

  /** Ends it at once, with all it has started. */
  async kill() {
    this.#watchdog.kill('SIGKILL');
    try {
      if (this.pid && !this.hasExited) process.kill(-this.pid, 'SIGKILL');
    } catch {
      // It has gone by itself.
    }
    await this.exited;
  }
}
