import { collectDefaultMetrics, type Registry } from 'prom-client';
import type { DomainEvent } from '../rooms/index.ts';
import type { RoomStore } from '../store/room-store.ts';
import { AdminMetrics } from './admin.ts';
import { BroadcastMetrics } from './broadcasts.ts';
import { ClusterMetrics } from './cluster.ts';
import { EventLoopMetrics } from './event-loop.ts';
import { Instruments } from './instruments.ts';
import { LimitMetrics } from './limits.ts';
import { MatchMetrics } from './matches.ts';
import { PresenceMetrics } from './presence.ts';
import { QualityMetrics } from './quality.ts';
import { RequestMetrics } from './requests.ts';
import { RoomMetrics } from './rooms.ts';
import { SessionMetrics } from './sessions.ts';
import { SweepMetrics } from './sweeps.ts';
import { WebhookMetrics } from './webhooks.ts';

/** What Prometheus can ask of this node; each part counts for one part of the server. */
export class Metrics {
  readonly registry: Registry;
  readonly rooms: RoomMetrics;
  readonly requests: RequestMetrics;
  readonly admin: AdminMetrics;
  readonly broadcasts: BroadcastMetrics;
  readonly matches: MatchMetrics;
  readonly limits: LimitMetrics;
  readonly sweeps: SweepMetrics;
  readonly webhooks: WebhookMetrics;
  readonly cluster: ClusterMetrics;
  readonly quality: QualityMetrics;
  readonly presence: PresenceMetrics;
  readonly sessions: SessionMetrics;
  readonly #eventLoop: EventLoopMetrics;

  constructor(sources: { store: RoomStore; nodeId: string; connections: () => number; sfuNodes: () => number }) {
    const instruments = new Instruments();
    this.registry = instruments.registry;
    collectDefaultMetrics({ register: this.registry });
    this.rooms = new RoomMetrics(instruments, sources);
    this.requests = new RequestMetrics(instruments);
    this.admin = new AdminMetrics(instruments);
    this.broadcasts = new BroadcastMetrics(instruments);
    this.matches = new MatchMetrics(instruments);
    this.limits = new LimitMetrics(instruments);
    this.sweeps = new SweepMetrics(instruments);
    this.webhooks = new WebhookMetrics(instruments);
    this.cluster = new ClusterMetrics(instruments, sources);
    this.quality = new QualityMetrics(instruments);
    this.presence = new PresenceMetrics(instruments);
    this.sessions = new SessionMetrics(instruments);
    this.#eventLoop = new EventLoopMetrics(instruments);
  }

  answered(request: string, code: string): void {
    this.requests.answered(request, code);
  }

  happened(event: DomainEvent): void {
    this.rooms.happened(event);
  }

  close(): void {
    this.#eventLoop.close();
  }
}
