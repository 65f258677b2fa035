// A real Redis on a free port, for one test: nothing is saved, and it ends with us, however we go.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './ports.mjs';
import { redisCommand } from './redis-command.mjs';
import { findProgram } from './system-packages.mjs';

const START_DEADLINE_MS = 10_000;
/** Kills the process it is given once its own input ends: once we are gone. */
const WATCHDOG = 'cat > /dev/null; kill -9 "$1"';

/** Whether this machine has a Redis to start; tests that need one are skipped where it has not. */
export const hasRedis = () => findProgram('redis-server') !== undefined;

export class RedisProcess {
  /** The same after every restart. @type {number} */ port;
  #folder = mkdtempSync(join(tmpdir(), 'parley-redis-'));
  /** @type {string[]} */ #settings;
  /** @type {import('node:child_process').ChildProcess | undefined} */ #child;
  /** @type {import('node:child_process').ChildProcess | undefined} */ #watchdog;
  /** @type {Promise<void>} */ #exited = Promise.resolve();
  #output = '';

  /** @param {number} port @param {string[]} settings more of redis-server's, as on its command line */
  constructor(port, settings) {
    this.port = port;
    this.#settings = settings;
  }

  /** @param {string[]} [settings] as on the command line of redis-server */
  static async start(settings = []) {
    const redis = new RedisProcess(await freePort(), settings);
    try {
      await redis.startAgain();
      return redis;
    } catch (error) {
      await redis.close();
      throw error;
    }
  }

  get url() {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Sends one command. @param {(string | number)[]} words */
  command(...words) {
    return redisCommand(this.port, ...words);
  }

  /** Starts it, empty: the first time, and after `stop()`. */
  async startAgain() {
    const program = findProgram('redis-server');
    if (!program)
      throw new Error('redis-server is missing: sudo apt-get install redis-server (or set REDIS_SERVER_PATH)');
    const settings = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.#folder];
    const child = spawn(program, [...settings, '--save', '', '--appendonly', 'no', ...this.#settings], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    this.#output = '';
    const keep = (/** @type {Buffer} */ chunk) => {
      this.#output = (this.#output + chunk).slice(-4_000);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    let hasExited = false;
    this.#exited = new Promise((resolve) => {
      const ended = () => {
        hasExited = true;
        resolve();
      };
      child.once('error', ended);
      child.once('close', ended);
    });
    // Not of our process group: it must outlive what kills us, long enough to see our end.
    this.#watchdog = spawn('/bin/sh', ['-c', WATCHDOG, 'sh', String(child.pid)], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.#watchdog.on('error', () => {});
    const end = Date.now() + START_DEADLINE_MS;
    for (;;) {
      try {
        await this.command('PING');
        return;
      } catch (error) {
        if (hasExited || Date.now() > end) throw new Error(`Redis does not start: ${error}\n${this.#output}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** All of it hangs, and its connections with it, until `thaw()`. */
  freeze() {
    this.#child?.kill('SIGSTOP');
  }

  thaw() {
    this.#child?.kill('SIGCONT');
  }

  /** Ends it; what it held is gone. `startAgain()` brings it back on the same port. */
  async stop() {
    this.#watchdog?.kill('SIGKILL');
    this.#child?.kill('SIGKILL');
    await this.#exited;
  }

  async close() {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
