import type { RedisProcess } from '../../../scripts/redis-process.mjs';
import { hasRedis } from '../../../scripts/redis-process.mjs';
import type { ServerProcess } from '../../../scripts/server-process.mjs';
import { type SignalingNode, SignalingNodes } from '../../../scripts/signaling-nodes.mjs';
import {
  asEnvironment,
  endServers,
  LogKeeper,
  listening,
  metricsOf,
  type Servers,
  type Settings,
  signalingSettings,
  startSfu,
} from './servers.ts';
import { until } from './until.ts';

export interface ClusterOptions {
  readonly allowedOrigins?: readonly string[];
  /** Signaling nodes. */
  readonly nodes?: number;
  /** SFU servers. */
  readonly sfus?: number;
  readonly signaling?: Settings;
  readonly sfuServer?: Settings;
}

const KEPT_LOG_LINES = 2_000;

/** For `test(title, { skip }, …)`: why tests of many nodes cannot run here, or false. */
export const withoutRedis: string | false = hasRedis() ? false : 'redis-server is missing, see above';

/** Several signaling nodes, a Redis between them, SFU servers, a load balancer in front: each of it can fail. */
export class Cluster implements Servers {
  readonly #log = new LogKeeper(KEPT_LOG_LINES);
  readonly #sfus: ServerProcess[] = [];
  readonly #sfuPorts: number[] = [];
  #signaling: SignalingNodes | undefined;

  static async start(options: ClusterOptions = {}): Promise<Cluster> {
    const { nodes = 3, sfus = 1, allowedOrigins = [] } = options;
    const cluster = new Cluster();
    try {
      for (let i = 0; i < sfus; i += 1) cluster.#sfus.push(await startSfu(cluster.#log, options.sfuServer));
      for (const sfu of cluster.#sfus) cluster.#sfuPorts.push(await listening(sfu));
      const settings = await signalingSettings({ sfuPorts: cluster.#sfuPorts, allowedOrigins });
      cluster.#signaling = await SignalingNodes.start({
        count: nodes,
        env: asEnvironment({ ...settings, ...options.signaling }),
        onLog: cluster.#log.add,
      });
      await until('every node is in reach of Redis, and finds the SFU servers', async () => {
        const all = await Promise.all(cluster.nodes.map((node) => cluster.metrics(node)));
        const found = all.map((one) => (one.get('parley_redis_up') === 1 ? one.get('parley_sfu_nodes') : 'no Redis'));
        return found.every((count) => count === sfus) ? null : `They found ${found.join(', ')}.`;
      });
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw new Error(`the cluster did not start: ${String(error)}\n${cluster.log}`, { cause: error });
    }
  }

  /** The load balancer. */
  get url(): string {
    return this.#all.url;
  }

  /** The load balancer, for someone who is to land on that node while it is there. */
  urlTo(index: number): string {
    return this.#all.urlTo(index);
  }

  get nodes(): readonly SignalingNode[] {
    return this.#all.nodes;
  }

  /** The node with that number, from 0. */
  node(index: number): SignalingNode {
    const node = this.nodes[index];
    if (!node) throw new Error(`there is no node ${index}`);
    return node;
  }

  get redis(): RedisProcess {
    return this.#all.redis;
  }

  get log(): string {
    return this.#log.text;
  }

  metrics(node: SignalingNode): Promise<Map<string, number>> {
    return metricsOf(node.port);
  }

  /** Metrics of an SFU server, by its number from 0. */
  sfuMetrics(index = 0): Promise<Map<string, number>> {
    return metricsOf(this.#sfuPorts[index] ?? 0);
  }

  async stop(): Promise<void> {
    await Promise.all([this.#signaling?.close(), endServers(this.#sfus)]);
  }

  get #all(): SignalingNodes {
    if (!this.#signaling) throw new Error('the cluster has not started');
    return this.#signaling;
  }
}
