import type { TopologyReason } from '@parley/shared/protocol';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { type DomainEvent, sizeOf } from '../rooms/index.ts';
import type { RoomStore } from '../store/room-store.ts';

const PHASES = ['mesh', 'promoting', 'sfu', 'demoting'] as const;
const REASONS: Record<TopologyReason, true> = {
  full: true,
  requested: true,
  quiet: true,
  completed: true,
  aborted: true,
  sfu_lost: true,
};

/** What Prometheus can ask of this node. */
export class Metrics {
  readonly registry = new Registry();
  #requests: Counter<'request' | 'code'>;
  #joins: Counter;
  #transitions: Counter<'reason'>;

  constructor(sources: { store: RoomStore; connections: () => number; sfuNodes: () => number }) {
    const { store, connections, sfuNodes } = sources;
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    this.#requests = new Counter({
      name: 'parley_requests_total',
      help: 'Requests of clients by name and result: ok, or the code of the error',
      labelNames: ['request', 'code'],
      registers,
    });
    this.#joins = new Counter({ name: 'parley_joins_total', help: 'Participants who came into a room', registers });
    this.#transitions = new Counter({
      name: 'parley_topology_transitions_total',
      help: 'Changes of a room topology by reason',
      labelNames: ['reason'],
      registers,
    });
    for (const reason of Object.keys(REASONS)) this.#transitions.inc({ reason }, 0);
    new Gauge({
      name: 'parley_connections',
      help: 'Clients connected to this node',
      registers,
      collect() {
        this.set(connections());
      },
    });
    new Gauge({
      name: 'parley_sfu_nodes',
      help: 'SFU nodes in reach',
      registers,
      collect() {
        this.set(sfuNodes());
      },
    });
    new Gauge({
      name: 'parley_rooms',
      help: 'Rooms by phase of their topology',
      labelNames: ['phase'],
      registers,
      async collect() {
        const rooms = await store.list();
        for (const phase of PHASES) this.set({ phase }, rooms.filter((room) => room.topology.phase === phase).length);
      },
    });
    new Gauge({
      name: 'parley_participants',
      help: 'Participants in rooms, connected or expected back',
      registers,
      async collect() {
        this.set((await store.list()).reduce((sum, room) => sum + sizeOf(room), 0));
      },
    });
  }

  answered(request: string, code: string): void {
    this.#requests.inc({ request, code });
  }

  happened(event: DomainEvent): void {
    if (event.type === 'participantJoined') this.#joins.inc();
    if (event.type === 'topologyChanged') this.#transitions.inc({ reason: event.reason });
  }
}
