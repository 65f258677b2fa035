import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { chance } from '../page/chance.ts';

type Direction = 'up' | 'down';

/** What passed and what did not, since it began. */
export interface DatagramCounts {
  readonly passed: number;
  readonly lost: number;
}

/**
 * A way for datagrams from a port of 127.0.0.1 to the same port of another address of this machine, as a NAT would
 * carry them: each sender has an outer port of its own. It can be blocked, lose some at random, be slow, and give
 * every sender another outer port.
 */
export class Datagrams {
  readonly #inner: Socket;
  readonly #targetPort: number;
  readonly #targetHost: string;
  /** By the sender's address and port. */
  readonly #outer = new Map<string, { socket: Socket; sender: RemoteInfo }>();
  readonly #counts = { passed: 0, lost: 0 };
  readonly #timers = new Set<NodeJS.Timeout>();
  #random: Record<Direction, () => number> = { up: chance(1), down: chance(2) };
  #isClosed = false;
  isBlocked = false;
  /** The share that is lost, 0 to 1: `up` towards the target. */
  loss: Readonly<Record<Direction, number>> = { up: 0, down: 0 };
  /** How long each takes, in ms, one way. */
  delayMs = 0;

  private constructor(inner: Socket, targetHost: string, targetPort: number) {
    this.#inner = inner;
    this.#targetHost = targetHost;
    this.#targetPort = targetPort;
    inner.on('message', (message, sender) => this.#pass('up', () => this.#sendUp(message, sender)));
    inner.on('error', () => {});
  }

  static async between(port: number, targetHost: string): Promise<Datagrams> {
    const inner = createSocket('udp4');
    await new Promise<void>((resolve, reject) => {
      inner.once('error', reject);
      inner.bind(port, '127.0.0.1', resolve);
    });
    return new Datagrams(inner, targetHost, port);
  }

  get counts(): DatagramCounts {
    return { ...this.#counts };
  }

  /** From now on the same are lost as with the same seed before. */
  seed(seed: number): void {
    this.#random = { up: chance(seed), down: chance(seed + 1) };
  }

  /** Every sender has another outer port from now on; what comes to the old ones is lost. */
  rebind(): void {
    for (const { socket } of this.#outer.values()) socket.close();
    this.#outer.clear();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.rebind();
    await new Promise<void>((resolve) => this.#inner.close(() => resolve()));
  }

  #pass(direction: Direction, send: () => void): void {
    if (this.isBlocked || this.#random[direction]() < this.loss[direction]) {
      this.#counts.lost += 1;
      return;
    }
    this.#counts.passed += 1;
    if (this.delayMs === 0) return send();
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      send();
    }, this.delayMs);
    this.#timers.add(timer);
  }

  #sendUp(message: Buffer, sender: RemoteInfo): void {
    if (this.#isClosed) return;
    const key = `${sender.address}:${sender.port}`;
    let outer = this.#outer.get(key);
    if (!outer) {
      outer = { socket: createSocket('udp4'), sender };
      this.#outer.set(key, outer);
      outer.socket.on('error', () => {});
      outer.socket.on('message', (answer) =>
        this.#pass('down', () => {
          if (!this.#isClosed) this.#inner.send(answer, sender.port, sender.address);
        }),
      );
    }
    outer.socket.send(message, this.#targetPort, this.#targetHost);
  }
}
