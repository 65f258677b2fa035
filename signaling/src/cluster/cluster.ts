import type { Clock, Logger } from '@parley/shared/runtime';
import type { RedisLink } from '../store/redis/link.ts';
import type { RedisRoomStore } from '../store/redis/room-store.ts';
import { memoryStores, redisStores, type StoreOptions, type Stores } from '../store/stores.ts';
import type { Bus } from './bus.ts';
import { MemoryBus } from './memory-bus.ts';
import { MemoryNodes } from './memory-nodes.ts';
import type { Nodes } from './nodes.ts';
import { RedisBus } from './redis-bus.ts';
import { RedisNodes } from './redis-nodes.ts';

/** What signaling nodes have in common: nothing but themselves when there is one, Redis when there are more. */
export interface Cluster {
  readonly bus: Bus;
  readonly nodes: Nodes;
  readonly stores: Stores;
  /** Null: this node is alone, and its memory is the store. */
  readonly redis: { link: RedisLink; rooms: RedisRoomStore } | null;
  /** @param url where other nodes reach this one's HTTP port */
  open(url: string): Promise<void>;
  close(): void;
}

export interface ClusterOptions extends StoreOptions {
  redisUrls: readonly string[];
  redisCluster: boolean;
  redisPrefix: string;
  /** Is told how long each call to Redis took, in ms, and whether it came to something. */
  onRedisCall?: (ms: number, ok: boolean) => void;
  clock: Clock;
  logger: Logger;
}

/** As the configuration has it: with Redis, or alone. */
export async function createCluster(options: ClusterOptions): Promise<Cluster> {
  return options.redisUrls.length > 0 ? withRedis(options) : alone(options);
}

function alone(options: ClusterOptions): Cluster {
  const { nodeId, logger } = options;
  const bus = new MemoryBus(nodeId, logger);
  const nodes = new MemoryNodes(nodeId);
  const stores = memoryStores(options);
  return {
    ...{ bus, nodes, stores, redis: null },
    open: (url) => nodes.open(url),
    close: () => {
      for (const part of [nodes, bus, stores.rooms]) part.close();
    },
  };
}

async function withRedis(options: ClusterOptions): Promise<Cluster> {
  // Its library alone takes 10 MB, which a node without Redis need not.
  const { RedisLink } = await import('../store/redis/link.ts');
  const { nodeId, redisUrls: urls, redisCluster: cluster, redisPrefix: prefix, clock, logger } = options;
  const link = new RedisLink({ urls, cluster, prefix, clock, logger, onCall: options.onRedisCall });
  const bus = new RedisBus({ nodeId, link, logger });
  const nodes = new RedisNodes({ nodeId, link, clock, logger });
  const stores = redisStores(link, options, (id) => nodes.isAlive(id));
  // What the dead node was to deliver is found at once.
  nodes.events.on('nodeBuried', () => void stores.outbox.sweep().catch(() => {}));
  return {
    ...{ bus, nodes, stores, redis: { link, rooms: stores.rooms } },
    open: async (url) => {
      await link.settled();
      await Promise.all([bus.open(), nodes.open(url)]);
    },
    close: () => {
      for (const part of [nodes, bus, stores.rooms, link]) part.close();
    },
  };
}
