// A TCP link that can be cut, made to swallow everything, and mended: a network that fails on demand.
import { connect, createServer } from 'node:net';

/** @typedef {'open' | 'cut' | 'hole'} LinkState */

export class FaultyLink {
  /** Where to connect instead of the target. */
  port = 0;
  #targetPort;
  #targetHost;
  /** @type {LinkState} */ #state = 'open';
  /** Both ends of what goes through. @type {Set<import('node:net').Socket>} */ #sockets = new Set();
  #server = createServer({ pauseOnConnect: true }, (client) => this.#accept(client));

  /** @param {number} targetPort @param {string} targetHost an address of this machine */
  constructor(targetPort, targetHost) {
    this.#targetPort = targetPort;
    this.#targetHost = targetHost;
  }

  /** @param {number} targetPort @param {{ targetHost?: string, port?: number }} [options] `port`: where to listen */
  static async to(targetPort, { targetHost = '127.0.0.1', port = 0 } = {}) {
    const link = new FaultyLink(targetPort, targetHost);
    link.port = port;
    await link.listen();
    return link;
  }

  /** Listens (again), always on the same port. */
  async listen() {
    if (this.#server.listening) return;
    await new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.port, '127.0.0.1', () => resolve(undefined));
    });
    const address = this.#server.address();
    this.port = typeof address === 'object' && address ? address.port : 0;
  }

  get state() {
    return this.#state;
  }

  /** Resets every connection, and each new one, until it is mended. */
  cut() {
    this.#state = 'cut';
    this.#resetAll();
  }

  /** Accepts everything and passes nothing on, until it is mended: then what was sent meanwhile arrives, late. */
  swallow() {
    this.#state = 'hole';
    for (const socket of this.#sockets) socket.pause();
  }

  mend() {
    this.#state = 'open';
    for (const socket of this.#sockets) socket.resume();
  }

  /**
   * Connections are refused from now on, as where nobody listens.
   * @returns {Promise<void>}
   */
  close() {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#resetAll();
    });
  }

  #resetAll() {
    for (const socket of this.#sockets) reset(socket);
  }

  /** @param {import('node:net').Socket} client */
  #accept(client) {
    if (this.#state === 'cut') {
      client.on('error', () => {});
      reset(client);
      return;
    }
    const target = connect({ port: this.#targetPort, host: this.#targetHost, noDelay: true });
    client.setNoDelay(true);
    this.#carry(client, target);
    this.#carry(target, client);
    target.pause();
    if (this.#state === 'open') for (const socket of [client, target]) socket.resume();
  }

  /** @param {import('node:net').Socket} from @param {import('node:net').Socket} to */
  #carry(from, to) {
    this.#sockets.add(from);
    from.on('data', (chunk) => {
      if (to.write(chunk)) return;
      from.pause();
      to.once('drain', () => {
        if (this.#state === 'open') from.resume();
      });
    });
    from.on('error', () => {});
    from.on('close', (hadError) => {
      this.#sockets.delete(from);
      if (hadError) reset(to);
      else to.destroy();
    });
  }
}

/**
 * Ends a connection by RST. One that is not open yet, or is ending already, cannot be reset: Node would wait for its
 * handle for ever when the process ends. @param {import('node:net').Socket} socket
 */
function reset(socket) {
  if (socket.readyState === 'open' && !socket.writableEnded) socket.resetAndDestroy();
  else socket.destroy();
}
