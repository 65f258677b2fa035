// A real coturn on free ports of loopback, started through turn/entrypoint.sh as an operator would; it ends with us.
import { createSocket } from 'node:dgram';
import { ChildProgram } from './child-program.mjs';
import { inRoot } from './paths.mjs';
import { freePort } from './ports.mjs';
import { findProgram } from './system-packages.mjs';
import { restCredentials } from './turn-client.mjs';

const START_DEADLINE_MS = 15_000;
/** Relayed addresses of one test's coturn; the most there can be at once. */
const RELAY_PORTS = 700;

/** Whether this machine has a coturn to start; tests that need one are skipped where it has not. */
export const hasTurn = () => findProgram('coturn') !== undefined;

/** A secret for one test. */
export const TURN_SECRET = 'Kq7-one-of-the-tests-4fZ9';

export class TurnProcess {
  /** The same after every restart. @type {number} */ port;
  /** @type {number} */ tlsPort;
  /** @type {Record<string, string>} */ #settings;
  /** @type {ChildProgram | undefined} */ #program;

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
    return this.#program?.pid ?? 0;
  }

  /** What it has logged, the last of it. */
  get output() {
    return this.#program?.output ?? '';
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
    const running = new ChildProgram(inRoot('turn/entrypoint.sh'), [], {
      PATH: process.env.PATH,
      TURNSERVER_PATH: program,
      ...settings,
    });
    this.#program = running;
    const end = Date.now() + START_DEADLINE_MS;
    while (!(await answers(this.port))) {
      if (running.hasExited || Date.now() > end) throw new Error(`coturn does not start: ${running.output}`);
    }
  }

  /** Reads its certificate anew; nobody is hung up on. */
  reloadCertificate() {
    this.#program?.signal('SIGUSR2');
  }

  /** Asks it to end, as whoever runs it does. @returns how it ended */
  async stop() {
    return this.#program?.stop();
  }

  /** Ends it at once, as a crash does; `startAgain()` brings it back on the same ports. */
  async close() {
    await this.#program?.kill();
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
