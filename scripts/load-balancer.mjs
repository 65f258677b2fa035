// A load balancer for tests: TCP, the first node in turn that accepts, no sticky sessions.
import { connect, createServer } from 'node:net';

const CONNECT_DEADLINE_MS = 2_000;

export class LoadBalancer {
  port = 0;
  /** @type {(turn: number) => readonly number[]} */ #targets;
  #turn = 0;
  /** @type {Set<import('node:net').Socket>} */ #sockets = new Set();
  #server = createServer({ pauseOnConnect: true }, (client) => this.#accept(client));

  /** @param {(turn: number) => readonly number[]} targets the ports of the nodes, in the order they are tried */
  constructor(targets) {
    this.#targets = targets;
  }

  /** @param {(turn: number) => readonly number[]} targets */
  static async over(targets) {
    const balancer = new LoadBalancer(targets);
    await new Promise((resolve, reject) => {
      balancer.#server.once('error', reject);
      balancer.#server.listen(0, '127.0.0.1', () => resolve(undefined));
    });
    const address = balancer.#server.address();
    balancer.port = typeof address === 'object' && address ? address.port : 0;
    return balancer;
  }

  /** @returns {Promise<void>} */
  close() {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      for (const socket of this.#sockets) socket.destroy();
    });
  }

  /** @param {import('node:net').Socket} client */
  async #accept(client) {
    this.#hold(client);
    for (const port of this.#targets(this.#turn++)) {
      const node = await reach(port);
      if (!node) continue;
      this.#hold(node);
      client.once('close', () => node.destroy());
      node.once('close', () => client.destroy());
      if (client.destroyed) node.destroy();
      else client.pipe(node).pipe(client);
      return;
    }
    client.resetAndDestroy();
  }

  /** @param {import('node:net').Socket} socket */
  #hold(socket) {
    socket.setNoDelay(true);
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => this.#sockets.delete(socket));
  }
}

/** @param {number} port @returns {Promise<import('node:net').Socket | null>} */
function reach(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const timer = setTimeout(() => socket.destroy(), CONNECT_DEADLINE_MS);
    socket.on('error', () => {});
    socket.once('connect', () => {
      clearTimeout(timer);
      resolve(socket);
    });
    socket.once('close', () => {
      clearTimeout(timer);
      resolve(null);
    });
  });
}

/** Round robin begins at another one each turn; the others follow. @template T @param {readonly T[]} items @param {number} turn */
export const inTurn = (items, turn) => items.map((_item, i) => /** @type {T} */ (items[(turn + i) % items.length]));
