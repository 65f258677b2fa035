import { ParleyError } from '@parley/shared/protocol';
import { type Clock, Emitter, type Logger, type Timer, withDeadline } from '@parley/shared/runtime';
import { redisArguments, redisClusterArguments } from '@parley/shared/runtime/redis';
import { Cluster, Redis } from 'ioredis';
import type { Script } from './script.ts';

export type RedisClient = Redis | Cluster;

export interface RedisLinkOptions {
  /** One address (`redis://host:port`), or several nodes of one Redis Cluster. */
  urls: readonly string[];
  /** Whether `urls` lead to a Redis Cluster. */
  cluster: boolean;
  /** Begins every key and channel: several Parleys may share a Redis. */
  prefix: string;
  clock: Clock;
  logger: Logger;
  /** A command without an answer by then has failed. */
  deadlineMs?: number;
  /** Is told how long each call took, in ms, and whether it came to something. */
  onCall?: ((ms: number, ok: boolean) => void) | undefined;
}

export type RedisLinkEvents = {
  /** Redis is in reach (again), and what was subscribed is subscribed: whatever was said meanwhile is lost. */
  up: [];
  down: [];
};

const DEADLINE_MS = 1_000;
/** How often the link looks whether Redis still answers: a silent network breaks no connection by itself. */
const PROBE_MS = 1_000;
/** Probes that may go unanswered before a connection is given up. */
const PROBES_MISSED = 2;
const FIRST_CONNECTION_MS = 3_000;

/**
 * The one way to Redis: a connection for commands, one for subscriptions. Nothing waits for a Redis that is out
 * of reach: a call then fails at once with `store_unavailable`.
 */
export class RedisLink {
  readonly events: Emitter<RedisLinkEvents>;
  readonly #options: RedisLinkOptions;
  readonly #deadlineMs: number;
  readonly #commands: RedisClient;
  readonly #subscriber: RedisClient;
  readonly #listeners = new Map<string, Set<(message: string) => void>>();
  readonly #defined = new Set<string>();
  #probe: Timer | undefined;
  #missed = 0;
  /** Whether Redis has heard all that is listened to: lost with the connection. */
  #isSubscribed = false;
  #isUp = false;
  #closed = false;

  constructor(options: RedisLinkOptions) {
    this.#options = options;
    this.#deadlineMs = options.deadlineMs ?? DEADLINE_MS;
    this.events = new Emitter((error, event) => options.logger.error('a listener threw', { event, error }));
    this.#commands = this.#client();
    this.#subscriber = this.#client();
    this.#subscriber.on('smessage', (channel: string, message: string) => {
      for (const listener of [...(this.#listeners.get(channel) ?? [])]) listener(message);
    });
    for (const client of [this.#commands, this.#subscriber]) {
      client.on('error', (error: Error) => options.logger.debug('redis', { reason: error.message }));
      client.on('close', () => this.#setUp(false));
    }
    this.#commands.on('ready', () => void this.#look());
    this.#subscriber.on('close', () => {
      this.#isSubscribed = false;
    });
    this.#subscriber.on('ready', () => void this.#subscribeAgain());
    this.#probeLater();
  }

  /** Whether Redis answered the last time it was asked. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** Waits for the first connection, though not for long: a server starts without Redis too. */
  async settled(): Promise<void> {
    if (this.#isUp) return;
    await new Promise<void>((resolve) => {
      const off = this.events.once('up', done);
      const timer = this.#options.clock.after(FIRST_CONNECTION_MS, done);
      const { clock } = this.#options;
      function done() {
        off();
        clock.cancel(timer);
        resolve();
      }
    });
  }

  /** A key or channel of ours. Keys that one script touches begin with the same part in braces: `key('{room:a}', 'x')`. */
  key(...parts: string[]): string {
    return [this.#options.prefix, ...parts].join(':');
  }

  /** For libraries that bring their own scripts; everything else goes through `call` and `run`. */
  get client(): RedisClient {
    return this.#commands;
  }

  /** @throws {ParleyError} `store_unavailable` when Redis is out of reach, late, or refuses. */
  async call<T>(work: (redis: RedisClient) => Promise<T>): Promise<T> {
    if (!this.#isUp) throw new ParleyError('store_unavailable');
    const { onCall, clock } = this.#options;
    const since = performance.now();
    try {
      const answer = await withDeadline(work(this.#commands), this.#deadlineMs, 'redis', clock);
      onCall?.(performance.now() - since, true);
      return answer;
    } catch (cause) {
      onCall?.(performance.now() - since, false);
      if (isReply(cause)) this.#options.logger.error('redis refuses a command', { error: cause });
      throw new ParleyError('store_unavailable', undefined, { cause });
    }
  }

  /** Runs a script, atomically. @throws {ParleyError} `store_unavailable` */
  run(script: Script, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    const { name, lua } = script;
    if (!this.#defined.has(name)) {
      this.#commands.defineCommand(name, { lua });
      this.#defined.add(name);
    }
    type Commands = Record<string, (count: number, ...rest: (string | number)[]) => Promise<unknown>>;
    return this.call(async (redis) => (redis as unknown as Commands)[name]?.(keys.length, ...keys, ...args));
  }

  /**
   * Listens on a sharded channel from now until the returned function is called, across reconnects (see `up`).
   * @throws {ParleyError} `store_unavailable`; it is not subscribed then.
   */
  async subscribe(channel: string, listener: (message: string) => void): Promise<() => void> {
    let listeners = this.#listeners.get(channel);
    if (!listeners) {
      listeners = new Set();
      this.#listeners.set(channel, listeners);
    }
    listeners.add(listener);
    const unsubscribe = () => this.#unsubscribe(channel, listener);
    try {
      await withDeadline(
        this.#subscriber.ssubscribe(channel),
        this.#deadlineMs,
        'redis subscription',
        this.#options.clock,
      );
      return unsubscribe;
    } catch (cause) {
      unsubscribe();
      throw new ParleyError('store_unavailable', undefined, { cause });
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#options.clock.cancel(this.#probe);
    this.events.removeAllListeners();
    this.#listeners.clear();
    this.#commands.disconnect();
    this.#subscriber.disconnect();
  }

  #unsubscribe(channel: string, listener: (message: string) => void): void {
    const listeners = this.#listeners.get(channel);
    if (!listeners?.delete(listener) || listeners.size > 0) return;
    this.#listeners.delete(channel);
    // Out of reach: nothing is subscribed there any more. ioredis forgets the channel either way.
    this.#subscriber.sunsubscribe(channel).catch(() => {});
  }

  #client(): RedisClient {
    const { urls, cluster } = this.#options;
    if (!cluster) return new Redis(...redisArguments(urls, this.#deadlineMs));
    const [nodes, options] = redisClusterArguments(urls, this.#deadlineMs);
    return new Cluster(nodes, { ...options, shardedSubscribers: true });
  }

  #probeLater(): void {
    if (this.#closed) return;
    this.#probe = this.#options.clock.after(PROBE_MS, () => {
      void this.#look().finally(() => this.#probeLater());
    });
  }

  async #look(): Promise<void> {
    const both = [this.#commands, this.#subscriber].map((client) => this.#answers(client));
    const answers = await Promise.all(both);
    if (this.#closed) return;
    if (answers.every(Boolean)) {
      this.#missed = 0;
      this.#setUp(true);
      return;
    }
    this.#missed++;
    this.#setUp(false);
    if (this.#missed < PROBES_MISSED) return;
    this.#missed = 0;
    // A connection into nowhere would be believed in for minutes.
    for (const client of [this.#commands, this.#subscriber]) if (client.status === 'ready') client.disconnect(true);
  }

  /** Of a cluster ioredis takes care itself. */
  async #subscribeAgain(): Promise<void> {
    const channels = this.#options.cluster ? [] : [...this.#listeners.keys()];
    try {
      await Promise.all(channels.map((channel) => this.#subscriber.ssubscribe(channel)));
    } catch (error) {
      // Not up until it is: the probes see that, and give the connection up.
      if (isReply(error)) this.#options.logger.error('redis refuses a command', { error });
      return;
    }
    this.#isSubscribed = true;
    await this.#look();
  }

  async #answers(client: RedisClient): Promise<boolean> {
    if (client.status !== 'ready' || (client === this.#subscriber && !this.#isSubscribed)) return false;
    try {
      await withDeadline(client.ping(), this.#deadlineMs, 'redis probe', this.#options.clock);
      return true;
    } catch {
      return false;
    }
  }

  #setUp(isUp: boolean): void {
    if (this.#closed || this.#isUp === isUp) return;
    this.#isUp = isUp;
    if (isUp) this.#options.logger.info('redis in reach');
    else this.#options.logger.warn('redis out of reach');
    this.events.emit(isUp ? 'up' : 'down');
  }
}

/** An error that Redis itself answered: a fault of ours, or of its set-up. */
function isReply(cause: unknown): boolean {
  return cause instanceof Error && cause.name === 'ReplyError';
}
