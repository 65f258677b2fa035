// A real Redis on a free port, for one test: nothing is saved, and it ends with us, however we go.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ChildProgram } from './child-program.mjs';
import { freePort } from './ports.mjs';
import { redisCommand } from './redis-command.mjs';
import { findProgram } from './system-packages.mjs';

const START_DEADLINE_MS = 10_000;

/** Whether this machine has a Redis to start; tests that need one are skipped where it has not. */
export const hasRedis = () => findProgram('redis-server') !== undefined;

export class RedisProcess {
  /** The same after every restart. @type {number} */ port;
  #folder = mkdtempSync(join(tmpdir(), 'parley-redis-'));
  /** @type {string[]} */ #settings;
  /** @type {ChildProgram | undefined} */ #program;

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
    const running = new ChildProgram(program, [...settings, '--save', '', '--appendonly', 'no', ...this.#settings]);
    this.#program = running;
    const end = Date.now() + START_DEADLINE_MS;
    for (;;) {
      try {
        await this.command('PING');
        return;
      } catch (error) {
        if (running.hasExited || Date.now() > end) throw new Error(`Redis does not start: ${error}\n${running.output}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** All of it hangs, and its connections with it, until `thaw()`. */
  freeze() {
    this.#program?.signal('SIGSTOP');
  }

  thaw() {
    this.#program?.signal('SIGCONT');
  }

  /** Ends it; what it held is gone. `startAgain()` brings it back on the same port. */
  async stop() {
    await this.#program?.kill();
  }

  async close() {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
