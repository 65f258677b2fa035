import { registrationKeys } from '@parley/shared/control';
import { type Clock, type Logger, withDeadline } from '@parley/shared/runtime';
import { redisArguments, redisClusterArguments } from '@parley/shared/runtime/redis';
import { Cluster, Redis } from 'ioredis';
import type { Board } from './board.ts';

const DEADLINE_MS = 1_000;
/** Calls that may go unanswered before the connection is given up: one into nowhere would be believed in for minutes. */
const UNANSWERED = 2;

export interface RedisBoardOptions {
  /** One address, or several nodes of one Redis Cluster. */
  urls: readonly string[];
  cluster: boolean;
  prefix: string;
  clock: Clock;
  log: Logger;
}

/** Nodes in Redis. Nothing waits for a Redis that is out of reach. */
export class RedisBoard implements Board {
  readonly #keys: ReturnType<typeof registrationKeys>;
  readonly #redis: Redis | Cluster;
  readonly #clock: Clock;
  /** The next connection, while there is none. */
  #connected: Promise<void> | undefined;
  #unanswered = 0;

  constructor(options: RedisBoardOptions) {
    this.#keys = registrationKeys(options.prefix);
    this.#clock = options.clock;
    this.#redis = connect(options);
    this.#redis.on('error', (error: Error) => options.log.debug('redis', { reason: error.message }));
  }

  put(nodeId: string, record: string, ttlMs: number): Promise<void> {
    const { nodes, node } = this.#keys;
    return this.#call(() => this.#redis.multi().set(node(nodeId), record, 'PX', ttlMs).sadd(nodes, nodeId).exec());
  }

  remove(nodeId: string): Promise<void> {
    const { nodes, node } = this.#keys;
    return this.#call(() => this.#redis.multi().del(node(nodeId)).srem(nodes, nodeId).exec());
  }

  close(): void {
    this.#redis.disconnect();
  }

  /** Also waits for a connection, as when the process has just started. */
  async #call(work: () => Promise<unknown>): Promise<void> {
    await withDeadline(this.#whenConnected(), DEADLINE_MS, 'connecting to redis', this.#clock);
    try {
      await withDeadline(work(), DEADLINE_MS, 'redis', this.#clock);
      this.#unanswered = 0;
    } catch (error) {
      this.#unanswered++;
      if (this.#unanswered >= UNANSWERED && this.#redis.status === 'ready') {
        this.#unanswered = 0;
        this.#redis.disconnect(true);
      }
      throw error;
    }
  }

  #whenConnected(): Promise<void> {
    if (this.#redis.status === 'ready') return Promise.resolve();
    this.#connected ??= new Promise((resolve) => {
      this.#redis.once('ready', () => {
        this.#connected = undefined;
        resolve();
      });
    });
    return this.#connected;
  }
}

function connect({ urls, cluster }: RedisBoardOptions): Redis | Cluster {
  if (!cluster) return new Redis(...redisArguments(urls, DEADLINE_MS));
  const [nodes, options] = redisClusterArguments(urls, DEADLINE_MS);
  return new Cluster(nodes, options);
}
