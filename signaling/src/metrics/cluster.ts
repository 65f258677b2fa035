import type { Instruments } from './instruments.ts';

const RESULTS = ['ok', 'failed'] as const;

/** This node, those it knows, and Redis between them. */
export class ClusterMetrics {
  /** How many signaling nodes there are, this one included; whoever keeps count sets it. */
  nodes: () => number | Promise<number> = () => 1;
  /** Whether Redis is in reach; undefined: none is used. */
  redisUp: () => boolean | undefined = () => undefined;
  #called: (values: { result: string }, seconds: number) => void;

  constructor(instruments: Instruments, sources: { connections: () => number; sfuNodes: () => number }) {
    instruments.number('parley_connections', 'Clients connected to this node', sources.connections);
    instruments.number('parley_sfu_nodes', 'SFU nodes in reach', sources.sfuNodes);
    instruments.number('parley_nodes', 'Signaling nodes known, this one included', () => this.nodes());
    instruments.number('parley_redis_up', 'Whether Redis is in reach: 1 or 0; missing when none is used', () => {
      const up = this.redisUp();
      return up === undefined ? undefined : Number(up);
    });
    this.#called = instruments.histogram({
      name: 'parley_redis_call_duration_seconds',
      help: 'How long calls to Redis took, by result',
      labels: { result: RESULTS },
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1],
    });
  }

  redisCalled(ms: number, ok: boolean): void {
    this.#called({ result: ok ? 'ok' : 'failed' }, ms / 1000);
  }
}
