// A real coturn on free ports of loopback, started through turn/entrypoint.sh as an operator would; it ends with us.
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inRoot } from './paths.mjs';
import { freePort } from './ports.mjs';
import { findProgram } from './system-packages.mjs';
import { restCredentials } from './turn-client.mjs';

const START_DEADLINE_MS = 15_000;
/** Kills the process it is given once its own input ends: once we are gone. */
const WATCHDOG = 'cat > /dev/null; kill -9 "$1"';
/** Relayed addresses of one test's coturn; the most there can be at once. */
const RELAY_PORTS = 700;

/** Whether this machine has a coturn to start; tests that need one are skipped where it has not. */
export const hasTurn = () => findProgram('coturn') !== undefined;

/** A secret for one test. */
export const TURN_SECRET = 'Kq7-one-of-the-tests-4fZ9';

export class TurnProcess {
  /** The same after every restart. @type {number} */ port;
  /** @type {number} */ tlsPort;
  #folder = mkdtempSync(join(tmpdir(), 'parley-turn-test-'));
  /** @type {Record<string, string>} */ #settings;
  /** @type {import('node:child_process').ChildProcess | undefined} */ #child;
  /** @type {import('node:child_process').ChildProcess | undefined} */ #watchdog;
  /** @type {Promise<void>} */ #exited = Promise.resolve();
  #output = '';

  /** @param {number} port @param {number} tlsPort @param {Record<string, string>} settings */
  constructor(port, tlsPort, settings) {
    this.port = port;
    this.tlsPort = tlsPort;
    this.#settings = settings;
  }

  /** @param {Record<string, string>} [settings] of the entrypoint's, instead of the tests' own */
  static async start(settings = {}) {
    const port = await freePort();
    const turn = new TurnProcess(port, await freePort(), settings);
    try {
      await turn.startAgain();
      return turn;
    } catch (error) {
      await turn.close();
      throw error;
    }
  }

  /** Over UDP; ask for another transport with `?transport=tcp`. */
  get url() {
    return `turn:127.0.0.1:${this.port}`;
  }

  get pid() {
    return this.#child?.pid ?? 0;
  }

  /** What it has logged, the last of it. */
  get output() {
    return this.#output;
  }

  /** What signaling gives a user. @param {string} [user] @param {number} [lifetimeMs] */
  credentials(user = 'ann', lifetimeMs = 600_000) {
    return restCredentials({ secret: TURN_SECRET, user, expiresAt: Date.now() + lifetimeMs });
  }

  /** Starts it: the first time, and after `stop()`. */
  async startAgain() {
    const first = await relayPorts();
    const settings = {
      TURN_SECRET,
      TURN_LISTEN_IP: '127.0.0.1',
      TURN_PORT: String(this.port),
      TURN_TLS_PORT: String(this.tlsPort),
      TURN_MIN_PORT: String(first),
      TURN_MAX_PORT: String(first + RELAY_PORTS),
      TURN_TEST_LOOPBACK: 'yes',
      ...this.#settings,
    };
    const program = findProgram('coturn');
    if (!program) throw new Error('coturn is missing: sudo apt-get install coturn (or set TURNSERVER_PATH)');
    const child = spawn(inRoot('turn/entrypoint.sh'), [], {
      env: { PATH: process.env.PATH, TMPDIR: this.#folder, TURNSERVER_PATH: program, ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    this.#output = '';
    const keep = (/** @type {Buffer} */ chunk) => {
      this.#output = (this.#output + chunk).slice(-20_000);
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
    while (!(await answers(this.port))) {
      if (hasExited || Date.now() > end) throw new Error(`coturn does not start: ${this.#output}`);
    }
  }

  /** Reads its certificate anew; nobody is hung up on. */
  reloadCertificate() {
    this.#child?.kill('SIGUSR2');
  }

  /** Ends it; `startAgain()` brings it back on the same ports. */
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

/** A range that the system does not hand out by itself (32768 and above, usually), different for each process. */
async function relayPorts() {
  const tries = 20;
  for (let i = 0; i < tries; i++) {
    const first = 12_000 + Math.floor(Math.random() * 20) * (RELAY_PORTS + 1);
    if (await isFree(first)) return first;
  }
  throw new Error('no range of ports is free');
}

/** @param {number} port @returns {Promise<boolean>} */
function isFree(port) {
  const socket = createSocket('udp4');
  return new Promise((resolve) => {
    socket.once('error', () => resolve(false));
    socket.bind(port, '127.0.0.1', () => socket.close(() => resolve(true)));
  });
}

/** Whether something there answers a STUN request within 100 ms. @param {number} port @returns {Promise<boolean>} */
function answers(port) {
  const socket = createSocket('udp4');
  const request = Buffer.from('000100002112a442000000000000000000000001', 'hex');
  return new Promise((resolve) => {
    const done = (/** @type {boolean} */ is) => {
      clearTimeout(timer);
      socket.close();
      resolve(is);
    };
    const timer = setTimeout(() => done(false), 100);
    socket.once('message', () => done(true));
    socket.on('error', () => {});
    socket.send(request, port, '127.0.0.1');
  });
}
