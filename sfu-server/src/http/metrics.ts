import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { MediaCounts } from '../media/ports.ts';
import type { TrafficTotals } from '../media/traffic.ts';
import type { Spread } from '../rooms/rooms.ts';
import type { WorkerLoad } from '../workers/placement.ts';

/** What is counted on this node. Leak tests assert all but the workers to be zero. */
export interface Counts extends MediaCounts {
  workers: number;
  rooms: number;
  peers: number;
}

const HELP: Record<keyof Counts, string> = {
  workers: 'mediasoup workers alive',
  rooms: 'Rooms on this node',
  routers: 'mediasoup routers alive',
  peers: 'Peers in rooms on this node',
  transports: 'WebRTC transports alive, two for each peer',
  pipes: 'Ends of pipes alive, two for each pair of routers of this node and one for each router of another',
  directs: 'Direct transports alive, of rooms that forward by speaker slots',
  levels: 'Level observers alive, of rooms that forward by speaker slots',
  producers: 'Producers alive',
  consumers: 'Consumers alive',
};

const SPREAD_HELP: Record<keyof Spread, string> = {
  slot_rooms: 'Rooms of this node that forward by speaker slots',
  slots_held: 'Speaker slots with a voice in them',
  edges: 'Edges of rooms of this node on other nodes',
  parts: 'Parts on this node of rooms whose home is another',
};

const LOAD_HELP = {
  rooms: 'Rooms that have a branch on a worker',
  peers: 'Peers a worker carries',
  packets: 'Packets a second a worker is expected to send',
  budget: 'Packets a second a worker may send',
  cpu: 'Share of a CPU a worker uses, 0 to 1',
} satisfies Partial<Record<keyof WorkerLoad, string>>;

/** Of each: its name, and what it is. */
const TRAFFIC_HELP: Record<keyof TrafficTotals, [name: string, help: string]> = {
  receivedPackets: ['received_packets', 'RTP packets each living worker received'],
  receivedBytes: ['received_bytes', 'Bytes of the RTP packets each living worker received, without SRTP, UDP and IP'],
  forwardedPackets: ['forwarded_packets', 'RTP packets each living worker forwarded'],
  forwardedBytes: [
    'forwarded_bytes',
    'Bytes of the RTP packets each living worker forwarded, without SRTP, UDP and IP',
  ],
};

export interface Metrics {
  registry: Registry;
  /** Counts one answered control request. */
  answered(request: string, code: string): void;
}

/** Prometheus metrics; the gauges are read when they are scraped. */
export function createMetrics(source: {
  counts: () => Counts;
  spread: () => Spread;
  /** Links to other nodes that carry edges of this one's rooms. */
  links: () => number;
  workerDeaths: () => number;
  /** CPU seconds each worker has used. */
  workerCpu: () => { index: number; seconds: number }[];
  workerLoads: () => WorkerLoad[];
  /** What went through each worker. */
  workerTraffic: () => { index: number; totals: Readonly<TrafficTotals> }[];
  /** Peers the node takes in all. */
  capacity: number;
  isDraining: () => boolean;
}): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 20 });
  const gauge = (kind: string, help: string, read: () => number) =>
    new Gauge({
      name: `parley_sfu_${kind}`,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  for (const kind of Object.keys(HELP) as (keyof Counts)[]) gauge(kind, HELP[kind], () => source.counts()[kind]);
  for (const kind of Object.keys(SPREAD_HELP) as (keyof Spread)[]) {
    gauge(kind, SPREAD_HELP[kind], () => source.spread()[kind]);
  }
  gauge('links', 'Links to other nodes that carry edges of rooms of this one, or did a moment ago', source.links);
  gauge('capacity', 'Peers this node takes in all', () => source.capacity);
  gauge('draining', 'Whether this node is on its way out: 1 or 0', () => Number(source.isDraining()));
  new Counter({
    name: 'parley_sfu_worker_deaths_total',
    help: 'Workers that ended without having been told to',
    registers,
    collect() {
      this.reset();
      this.inc(source.workerDeaths());
    },
  });
  new Counter({
    name: 'parley_sfu_worker_cpu_seconds_total',
    help: 'CPU seconds used by each living worker, as of its last probe; from 0 again when it is replaced',
    labelNames: ['worker'],
    registers,
    collect() {
      this.reset();
      for (const { index, seconds } of source.workerCpu()) this.inc({ worker: String(index) }, seconds);
    },
  });
  for (const kind of Object.keys(TRAFFIC_HELP) as (keyof TrafficTotals)[]) {
    const [name, help] = TRAFFIC_HELP[kind];
    new Counter({
      name: `parley_sfu_worker_${name}_total`,
      help,
      labelNames: ['worker'],
      registers,
      collect() {
        this.reset();
        for (const { index, totals } of source.workerTraffic()) this.inc({ worker: String(index) }, totals[kind]);
      },
    });
  }
  for (const kind of Object.keys(LOAD_HELP) as (keyof typeof LOAD_HELP)[]) {
    new Gauge({
      name: `parley_sfu_worker_${kind}`,
      help: LOAD_HELP[kind],
      labelNames: ['worker'],
      registers,
      collect() {
        this.reset();
        for (const load of source.workerLoads()) this.set({ worker: String(load.index) }, load[kind]);
      },
    });
  }
  const requests = new Counter({
    name: 'parley_sfu_control_requests_total',
    help: 'Control requests answered, by name and outcome (ok or an error code)',
    labelNames: ['request', 'code'],
    registers,
  });
  return { registry, answered: (request, code) => requests.inc({ request, code }) };
}
