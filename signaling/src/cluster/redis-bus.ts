import type { Logger } from '@parley/shared/runtime';
import * as v from 'valibot';
import type { RedisLink } from '../store/redis/link.ts';
import type { Bus, BusListener } from './bus.ts';
import { BusListeners } from './listeners.ts';
import { type BusMessage, BusMessageSchema } from './messages.ts';

const Envelope = v.object({
  from: v.pipe(v.string(), v.minLength(1)),
  message: v.looseObject({ type: v.string() }),
});

/** How often a subscription that failed is tried again. */
const RETRY_MS = 1_000;

/** The bus over Redis: a sharded channel for each node, and one for all. */
export class RedisBus implements Bus {
  readonly nodeId: string;
  readonly #link: RedisLink;
  readonly #logger: Logger;
  readonly #listeners: BusListeners;
  #closed = false;

  constructor({ nodeId, link, logger }: { nodeId: string; link: RedisLink; logger: Logger }) {
    this.nodeId = nodeId;
    this.#link = link;
    this.#logger = logger;
    this.#listeners = new BusListeners(logger);
  }

  /** Begins to listen; keeps trying while Redis is out of reach. */
  async open(): Promise<void> {
    const channels = [this.#channelOf(this.nodeId), this.#channelOfAll];
    await Promise.all(channels.map((channel) => this.#listen(channel)));
  }

  send(nodeId: string, message: BusMessage): void {
    if (nodeId === this.nodeId) this.#listeners.deliver(message, nodeId);
    else this.#tell(this.#channelOf(nodeId), message);
  }

  publish(message: BusMessage): void {
    this.#listeners.deliver(message, this.nodeId);
    this.#tell(this.#channelOfAll, message);
  }

  on<T extends BusMessage['type']>(type: T, listener: BusListener<T>): () => void {
    return this.#listeners.on(type, listener);
  }

  close(): void {
    this.#closed = true;
    this.#listeners.clear();
  }

  #channelOf(nodeId: string): string {
    return this.#link.key(`{bus:${nodeId}}`);
  }

  get #channelOfAll(): string {
    return this.#link.key('{bus}');
  }

  async #listen(channel: string): Promise<void> {
    try {
      await this.#link.subscribe(channel, (text) => this.#hear(text));
    } catch {
      if (this.#closed) return;
      setTimeout(() => void this.#listen(channel), RETRY_MS).unref();
    }
  }

  #hear(text: string): void {
    try {
      const { from, message } = v.parse(Envelope, JSON.parse(text));
      // What we told everyone has been delivered here already.
      if (from === this.nodeId) return;
      // Of newer nodes, it may be a message we do not know yet.
      if (!this.#listeners.has(message.type)) return;
      this.#listeners.deliver(v.parse(BusMessageSchema, message), from);
    } catch (error) {
      this.#logger.error('bus message ignored', { error });
    }
  }

  #tell(channel: string, message: BusMessage): void {
    const text = JSON.stringify({ from: this.nodeId, message });
    this.#link
      .call((redis) => redis.spublish(channel, text))
      .catch((error: unknown) => {
        this.#logger.debug('bus message lost', { bus: message.type, error });
      });
  }
}
