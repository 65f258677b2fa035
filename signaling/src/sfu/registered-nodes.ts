import { type NodeAddress, parseRegistration, registrationKeys } from '@parley/shared/control';
import type { Clock, Logger, Timer } from '@parley/shared/runtime';
import type { RedisLink } from '../store/redis/link.ts';

/** How often we look who is there, in ms. */
const LOOK_MS = 1_000;
/** The most nodes that are followed: whoever can write to Redis must not make us open links without end. */
const NODES_MAX = 1_000;

export interface RegisteredNodesOptions {
  link: RedisLink;
  /** Begins every key; as the SFU nodes have it. */
  prefix: string;
  clock: Clock;
  logger: Logger;
  /** Is told who is there whenever we have looked. Not while Redis is out of reach: that nobody was found then says nothing. */
  onLook: (nodes: NodeAddress[]) => void;
}

/** Looks in Redis, again and again, which SFU nodes are there. */
export class RegisteredNodes {
  readonly #options: RegisteredNodesOptions;
  readonly #keys: ReturnType<typeof registrationKeys>;
  /** Whose record is not to be believed, and has been complained of. */
  #liars = new Set<string>();
  #timer: Timer | undefined;
  #looking: Promise<void> | undefined;
  #closed = false;

  constructor(options: RegisteredNodesOptions) {
    this.#options = options;
    this.#keys = registrationKeys(options.prefix);
    options.link.events.on('up', () => void this.look());
    this.#lookLater();
  }

  /** Looks now. Never rejects. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  close(): void {
    this.#closed = true;
    this.#options.clock.cancel(this.#timer);
  }

  #lookLater(): void {
    if (this.#closed) return;
    this.#timer = this.#options.clock.after(LOOK_MS, () => void this.look().finally(() => this.#lookLater()));
  }

  async #look(): Promise<void> {
    const { link, logger, onLook } = this.#options;
    try {
      const ids = (await link.call((redis) => redis.smembers(this.#keys.nodes))).slice(0, NODES_MAX);
      const records = ids.length > 0 ? await link.call((redis) => redis.mget(ids.map(this.#keys.node))) : [];
      const gone = ids.filter((_, i) => records[i] === null);
      if (gone.length > 0) await link.call((redis) => redis.srem(this.#keys.nodes, ...gone));
      if (!this.#closed) onLook(this.#believed(ids, records));
    } catch (error) {
      logger.debug('sfu nodes not looked up', { error });
    }
  }

  #believed(ids: string[], records: (string | null)[]): NodeAddress[] {
    const liars = new Set<string>();
    const nodes = ids.flatMap((id, i) => {
      const text = records[i];
      if (typeof text !== 'string') return [];
      try {
        const { nodeId, url } = parseRegistration(text, id);
        return [{ nodeId, url }];
      } catch (error) {
        liars.add(id);
        if (!this.#liars.has(id)) this.#options.logger.warn('sfu node not believed', { sfuNodeId: id, error });
        return [];
      }
    });
    this.#liars = liars;
    return nodes;
  }
}
