// Several signaling processes with a real Redis between them and a load balancer in front: what tests of faults hurt.
import { FaultyLink } from './faulty-link.mjs';
import { inTurn, LoadBalancer } from './load-balancer.mjs';
import { freePort } from './ports.mjs';
import { RedisProcess } from './redis-process.mjs';
import { ServerProcess } from './server-process.mjs';

const LISTEN_DEADLINE_MS = 30_000;
const DRAIN_DEADLINE_MS = 60_000;
/** How often the load balancer asks a node whether it wants new connections. */
const READY_EVERY_MS = 250;
const READY_DEADLINE_MS = 1_000;

/**
 * @typedef {(name: string, entry: import('./server-process.mjs').LogEntry) => void} OnLog
 * @typedef {{ env: Record<string, string>, onLog: OnLog }} NodeOptions
 */

export class SignalingNode {
  id;
  /** The same after every start. */
  port;
  /** Its own way to Redis. */
  link;
  /** Whether it wants new connections, as it says itself. */
  isReady = false;
  #options;
  /** @type {ServerProcess | undefined} */ #process;

  /** @param {string} id @param {number} port @param {FaultyLink} link @param {NodeOptions} options */
  constructor(id, port, link, options) {
    this.id = id;
    this.port = port;
    this.link = link;
    this.#options = options;
  }

  /** Past the load balancer. */
  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  get isUp() {
    return this.#process !== undefined && !this.#process.hasExited;
  }

  async start() {
    const { env, onLog } = this.#options;
    const server = new ServerProcess({
      name: this.id,
      entry: 'signaling/src/main.ts',
      env: {
        HOST: '127.0.0.1',
        PORT: String(this.port),
        NODE_ID: this.id,
        NODE_URL: this.url,
        REDIS_URL: `redis://127.0.0.1:${this.link.port}`,
        ...env,
      },
      onLog: (entry) => onLog(this.id, entry),
    });
    this.#process = server;
    /** @type {NodeJS.Timeout | undefined} */
    let timer;
    const late = new Promise((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`${this.id} does not listen`)), LISTEN_DEADLINE_MS);
    });
    await Promise.race([server.listening, late]).finally(() => clearTimeout(timer));
    await this.askReady();
  }

  /** As a crash, or a machine without power. */
  async kill() {
    this.isReady = false;
    this.#process?.kill();
    await this.#process?.exited;
  }

  /** As an operator who takes the node out: SIGTERM, and the time it needs. */
  async drain() {
    await this.#process?.stop(DRAIN_DEADLINE_MS);
    this.isReady = false;
  }

  /** For the end of a test. */
  async close() {
    await this.kill();
    await this.link.close();
  }

  /** Asks `/ready`, as load balancers do. */
  async askReady() {
    if (!this.isUp) return;
    try {
      const { status } = await fetch(`${this.url}/ready`, { signal: AbortSignal.timeout(READY_DEADLINE_MS) });
      this.isReady = status !== 503;
    } catch {
      this.isReady = false;
    }
  }
}

export class SignalingNodes {
  redis;
  /** @type {readonly SignalingNode[]} */ nodes;
  /** @type {LoadBalancer[]} */ #balancers = [];
  #timer;

  /** @param {RedisProcess} redis @param {SignalingNode[]} nodes */
  constructor(redis, nodes) {
    this.redis = redis;
    this.nodes = nodes;
    this.#timer = setInterval(() => {
      for (const node of nodes) void node.askReady();
    }, READY_EVERY_MS);
  }

  /** @param {NodeOptions & { count?: number }} options */
  static async start({ count = 3, ...options }) {
    /** @type {SignalingNode[]} */
    const nodes = [];
    const all = new SignalingNodes(await RedisProcess.start(), nodes);
    try {
      for (let i = 0; i < count; i += 1) {
        const link = await FaultyLink.to(all.redis.port);
        nodes.push(new SignalingNode(`node-${i + 1}`, await freePort(), link, options));
      }
      await Promise.all(nodes.map((node) => node.start()));
      all.#balancers.push(await LoadBalancer.over((turn) => inTurn(all.#ports, turn)));
      for (const node of nodes) {
        const byPreference = (/** @type {number} */ turn) =>
          inTurn(all.#ports, turn).sort((a, b) => Number(b === node.port) - Number(a === node.port));
        all.#balancers.push(await LoadBalancer.over(byPreference));
      }
      return all;
    } catch (error) {
      await all.close();
      throw error;
    }
  }

  /** The load balancer: round robin. */
  get url() {
    return `http://127.0.0.1:${this.#balancers[0]?.port}`;
  }

  /** The same for whoever is to land on one node while it is there, and on another while it is not. @param {number} index */
  urlTo(index) {
    return `http://127.0.0.1:${this.#balancers[index + 1]?.port}`;
  }

  async close() {
    clearInterval(this.#timer);
    await Promise.all(this.#balancers.map((balancer) => balancer.close()));
    await Promise.all(this.nodes.map((node) => node.close()));
    await this.redis.close();
  }

  get #ports() {
    const ready = this.nodes.filter((node) => node.isReady);
    // When none is, those that run are better than nothing: this is what balancers do.
    return (ready.length > 0 ? ready : this.nodes.filter((node) => node.isUp)).map(({ port }) => port);
  }
}
