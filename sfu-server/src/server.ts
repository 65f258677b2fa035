import { hostname, networkInterfaces } from 'node:os';
import type { NodeState } from '@parley/shared/control';
import { type Clock, type Logger, randomId, withDeadline } from '@parley/shared/runtime';
import type { Config } from './config.ts';
import { ControlServer } from './control/server.ts';
import { Drain } from './drain.ts';
import { Edges } from './fleet/edges.ts';
import { Fleet } from './fleet/fleet.ts';
import { SocketFleetLink } from './fleet/link.ts';
import { FleetServer } from './fleet/server.ts';
import { createHttpServer, listen } from './http/http.ts';
import { type Counts, createMetrics } from './http/metrics.ts';
import { noMedia } from './media/ports.ts';
import { RedisBoard } from './registration/redis-board.ts';
import { Registration } from './registration/registration.ts';
import { Rooms } from './rooms/rooms.ts';
import { listenInfos } from './workers/listen.ts';
import { forwardMediasoupLog } from './workers/log.ts';
import { WorkerPool } from './workers/pool.ts';
import { isBusy } from './workers/process-state.ts';
import { isNews, reportOf } from './workers/report.ts';
import { type MediasoupWorker, startWorker } from './workers/worker.ts';

/** Closing takes at most this long, in milliseconds; past it, what is left ends with the process. */
const CLOSE_MS = 3_000;
/** Requests between nodes end by then, in milliseconds: soon enough for a peer to be placed elsewhere instead. */
const FLEET_REQUEST_MS = 4_000;
/** How long another node may be silent until its edges are given up, in milliseconds. What it forwards goes on meanwhile. */
const FLEET_GRACE_MS = 5_000;

export interface SfuServer {
  /** The control/HTTP port it listens on. */
  readonly port: number;
  readonly pool: WorkerPool<MediasoupWorker>;
  readonly rooms: Rooms;
  counts(): Counts;
  /**
   * Says that it drains and takes no new rooms; closes when its rooms have left it, or after `deadlineMs` milliseconds
   * (default: the configuration's). Said again, the earlier end holds.
   */
  drain(deadlineMs?: number | null): void;
  /** Resolves when it is closed, for whatever reason; rejects when that takes too long. */
  readonly closed: Promise<void>;
  /** Says that it drains, ends the rooms, the links and the workers; resolves when all of it is gone. */
  close(): Promise<void>;
}

/**
 * Puts the parts together and listens.
 * @throws {Error} with a message for a person when a worker or a port is not to be had; nothing is left then.
 */
export async function startSfuServer(deps: {
  config: Config;
  clock: Clock;
  log: Logger;
  workerBin?: string;
}): Promise<SfuServer> {
  const { config, clock } = deps;
  const log = deps.log.child({ node: config.nodeId });
  forwardMediasoupLog(log);
  const mediaCounts = noMedia();
  const linkOptions = {
    self: { nodeId: config.nodeId, instanceId: randomId() },
    secret: config.controlSecret,
    requestTimeoutMs: FLEET_REQUEST_MS,
    clock,
    log,
  };

  const pool = new WorkerPool<MediasoupWorker>({
    size: config.workers,
    start: (index) =>
      startWorker({
        index,
        workerBin: deps.workerBin,
        // Asked anew each time: a laptop's addresses change.
        listenInfos: listenInfos({
          ips: config.rtcListenIps,
          announcedAddress: config.rtcAnnouncedAddress,
          port: config.rtcPort === 0 ? 0 : config.rtcPort + index,
          interfaces: networkInterfaces(),
        }),
        logLevel: config.workerLogLevel,
        iceConsentTimeout: config.rtcConsentTimeoutS,
        requestTimeoutMs: config.workerRequestTimeoutMs,
        counts: mediaCounts,
        clock,
        log,
      }),
    probeIntervalMs: config.workerProbeIntervalMs,
    hungMs: config.workerHungMs,
    isBusy,
    clock,
    log,
  });
  const fleet = new Fleet({
    connect: (node) => new SocketFleetLink({ ...linkOptions, node, graceMs: FLEET_GRACE_MS }),
    listen: config.pipe,
    waitMs: FLEET_REQUEST_MS,
    clock,
  });
  const rooms = new Rooms({
    openEdge: (room, node) => fleet.open(room, node),
    workers: () => pool.workers,
    cpuOf: (worker) => pool.cpuOf(worker),
    placement: { workerPackets: config.workerPacketsMax, workerPeersMax: config.workerPeersMax },
    forwarding: {
      slots: config.speakerSlots,
      directProducersMax: config.directProducersMax,
      calmMs: config.speakerSlotsCalmMs,
    },
    capacity: config.capacity,
    leaseMs: config.orphanLeaseMs,
    clock,
    log,
  });
  const edges = new Edges({ rooms, listen: config.pipe, leaseMs: config.orphanLeaseMs, clock, log });
  const counts = (): Counts => ({
    workers: pool.workers.length,
    rooms: rooms.roomCount,
    peers: rooms.peerCount,
    ...mediaCounts,
  });
  const metrics = createMetrics({
    counts,
    spread: () => rooms.spread,
    links: () => fleet.links,
    workerDeaths: () => pool.deaths,
    workerCpu: () => pool.cpu,
    workerLoads: () => rooms.loads,
    workerTraffic: () => pool.workers.map(({ index, traffic }) => ({ index, totals: traffic.totals })),
    capacity: config.capacity,
    isDraining: () => rooms.draining,
  });
  const http = createHttpServer({ healthy: () => pool.workers.length > 0, registry: metrics.registry, log });
  let port = config.port;
  /** Where the node registers, its workers are of no use. */
  const summary = (): NodeState => ({
    nodeId: config.nodeId,
    url: config.controlUrl ?? `http://${reachableHost(config.host)}:${port}`,
    region: config.region,
    capacity: config.capacity,
    workers: pool.workers.length,
    rooms: rooms.roomCount,
    peers: rooms.peerCount,
    load: rooms.load,
    cpu: pool.cpuShare,
    draining: rooms.draining,
  });
  const report = () => reportOf(pool.standings, rooms.loads);
  const state = (): NodeState => ({ ...summary(), pool: report() });
  const control = new ControlServer({
    http,
    secret: config.controlSecret,
    rooms,
    state,
    drain: (deadlineMs) => drain(deadlineMs),
    // A request makes several calls to workers one after the other; the first that is not answered is its end.
    requestTimeoutMs: 2 * config.workerRequestTimeoutMs + 1_000,
    onAnswered: metrics.answered,
    clock,
    log,
  });
  new FleetServer({
    io: control.io,
    secret: config.controlSecret,
    nodeId: config.nodeId,
    edges,
    requestTimeoutMs: FLEET_REQUEST_MS,
    clock,
    log,
  });
  const closed = Promise.withResolvers<void>();
  let isClosing = false;
  const leaving = new Drain({
    isEmpty: () => rooms.roomCount + rooms.partCount === 0,
    onOver: () => void close(),
    clock,
  });
  rooms.on('changed', () => leaving.changed());
  pool.on('died', (worker) => {
    rooms.handleWorkerDied(worker);
    edges.handleWorkerDied(worker);
  });
  let told = report();
  pool.on('measured', () => {
    rooms.handleMeasured();
    for (const { traffic } of pool.workers) void traffic.measure();
    const now = report();
    if (!isNews(told, now)) return;
    told = now;
    control.changed();
  });
  pool.on('changed', () => control.changed());

  await pool.start();
  try {
    port = await listen(http, config.port, config.host);
  } catch (error) {
    await pool.close();
    await control.close();
    throw error;
  }

  const registration = config.redis.urls.length > 0 ? register() : undefined;

  function register(): Registration {
    const registered = new Registration({
      board: new RedisBoard({ ...config.redis, clock, log }),
      state: summary,
      clock,
      log,
    });
    registered.say();
    return registered;
  }

  async function end(): Promise<void> {
    log.info('closing');
    leaving.close();
    pool.expectEnd();
    rooms.drain();
    control.announce();
    await rooms.shutdown();
    fleet.close();
    await edges.shutdown();
    await Promise.all([control.close(), pool.close(), registration?.close()]);
    log.info('closed');
  }

  function close(): Promise<void> {
    if (!isClosing) void withDeadline(end(), CLOSE_MS, 'closing', clock).then(closed.resolve, closed.reject);
    isClosing = true;
    return closed.promise;
  }

  function drain(deadlineMs?: number | null): void {
    const ms = deadlineMs ?? config.drainDeadlineMs;
    log.info('draining', { rooms: rooms.roomCount, deadlineMs: ms });
    rooms.drain();
    control.announce();
    registration?.say();
    leaving.start(ms);
  }

  return { port, pool, rooms, counts, drain, close, closed: closed.promise };
}

/** Where other machines find this one when nobody has said so. */
function reachableHost(host: string): string {
  if (['0.0.0.0', '::'].includes(host)) return hostname();
  return host.includes(':') ? `[${host}]` : host;
}
