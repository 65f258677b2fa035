import type { Clock, Logger } from '@parley/shared/runtime';
import type { RoomState } from '../rooms/index.ts';
import { MemoryPresenceStore } from '../store/memory/presence-store.ts';
import { MemoryRoomStore } from '../store/memory/room-store.ts';
import type { PresenceStore } from '../store/presence-store.ts';
import { RedisLink } from '../store/redis/link.ts';
import { RedisPresenceStore } from '../store/redis/presence-store.ts';
import { RedisRoomStore } from '../store/redis/room-store.ts';
import type { RoomStore } from '../store/room-store.ts';
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
  readonly rooms: RoomStore;
  readonly presence: PresenceStore;
  /** Null: this node is alone, and its memory is the store. */
  readonly redis: { link: RedisLink; rooms: RedisRoomStore } | null;
  /** @param url where other nodes reach this one's HTTP port */
  open(url: string): Promise<void>;
  close(): void;
}

export interface ClusterOptions {
  nodeId: string;
  redisUrls: readonly string[];
  redisCluster: boolean;
  redisPrefix: string;
  clock: Clock;
  logger: Logger;
  /** When time alone next changes something in a room; null: never. */
  wakeAt: (state: RoomState) => number | null;
}

/** As the configuration has it: with Redis, or alone. */
export function createCluster(options: ClusterOptions): Cluster {
  return options.redisUrls.length > 0 ? withRedis(options) : alone(options);
}

function alone({ nodeId, logger }: ClusterOptions): Cluster {
  const bus = new MemoryBus(nodeId, logger);
  const nodes = new MemoryNodes(nodeId);
  const rooms = new MemoryRoomStore();
  return {
    ...{ bus, nodes, rooms, presence: new MemoryPresenceStore(), redis: null },
    open: (url) => nodes.open(url),
    close: () => {
      for (const part of [nodes, bus, rooms]) part.close();
    },
  };
}

function withRedis(options: ClusterOptions): Cluster {
  const { nodeId, redisUrls: urls, redisCluster: cluster, redisPrefix: prefix, clock, logger } = options;
  const link = new RedisLink({ urls, cluster, prefix, clock, logger });
  const bus = new RedisBus({ nodeId, link, logger });
  const nodes = new RedisNodes({ nodeId, link, clock, logger });
  const rooms = new RedisRoomStore({ ...options, link });
  return {
    ...{ bus, nodes, rooms, presence: new RedisPresenceStore(link), redis: { link, rooms } },
    open: async (url) => {
      await link.settled();
      await Promise.all([bus.open(), nodes.open(url)]);
    },
    close: () => {
      for (const part of [nodes, bus, rooms, link]) part.close();
    },
  };
}
