import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import type { Clock, Logger } from '@parley/shared/runtime';
import { AppEvents } from './app-events/app-events.ts';
import { type Cluster, createCluster } from './cluster/cluster.ts';
import type { Config } from './config.ts';
import { AdminApi } from './http/admin/api.ts';
import { AdminKey } from './http/admin/key.ts';
import type { AdminServices } from './http/admin/route.ts';
import { pages, sdkFiles } from './http/files.ts';
import { createHttpServer } from './http/server.ts';
import { IceServers } from './ice/ice-servers.ts';
import { Authenticator } from './identity/authenticator.ts';
import { Sessions } from './identity/sessions.ts';
import { verifiersFor } from './identity/verifiers.ts';
import { ClientAddresses, ConnectGate, LIMIT_BEHIND, type Limit, RequestLimits } from './limits/index.ts';
import { Matching } from './matchmaking/matching.ts';
import { Metrics } from './metrics/metrics.ts';
import { Operations } from './operations/operations.ts';
import { Presence } from './presence/presence.ts';
import { wakeAt } from './rooms/index.ts';
import { Quality } from './service/quality.ts';
import { Relocation } from './service/relocation.ts';
import { createRooms, roomSettings } from './service/rooms.ts';
import type { SfuNodes } from './sfu/sfu.ts';
import { OriginPolicy } from './socket/origin.ts';
import { SocketServer } from './socket/server.ts';
import { SessionTokens } from './tokens/session-tokens.ts';
import { outboxLimitsOf } from './webhooks/webhooks.ts';

/** How often Redis is told whose connections this node holds. */
const REASSERT_USERS_MS = 20_000;

export interface SignalingDependencies {
  config: Config;
  sfu: SfuNodes;
  clock: Clock;
  logger: Logger;
}

/** A signaling server that listens. */
export interface Signaling {
  readonly port: number;
  /** Takes nobody any more and sends everyone to other nodes; ends when they have gone, or at the deadline. */
  drain(): Promise<void>;
  /** What it has in common with other nodes. */
  readonly cluster: Cluster;
  /** Stops listening and drops the connections, without a word to any room. */
  close(): Promise<void>;
}

/** Puts the server together and listens. */
export async function startSignaling({ sfu, clock, logger, ...given }: SignalingDependencies): Promise<Signaling> {
  const config = { ...given.config, nodeId: processName(given.config) };
  const rules = roomSettings(config);
  const cluster = await createCluster({
    ...config,
    clock,
    logger,
    newId,
    outbox: outboxLimitsOf(config.webhooks),
    wakeAt: (state) => wakeAt(state, rules),
    onRedisCall: (ms, ok) => metrics.cluster.redisCalled(ms, ok),
  });
  const { bus, nodes, stores, redis } = cluster;
  const { rooms: store } = stores;
  const shared = redis?.link;
  const origins = new OriginPolicy(config.allowedOrigins);
  const http = createHttpServer({
    isReady: () => relocation.isTaking && redis?.link.isUp !== false,
    metrics: () => metrics,
    admin: () => admin,
    pages: config.staticDir === undefined ? undefined : pages(config.staticDir),
    sdk: config.sdkDir === undefined ? undefined : sdkFiles(config.sdkDir, origins),
    headersMs: config.limits.handshakeMs,
    logger,
  });
  const { limits: settings } = config;
  const addresses = new ClientAddresses(config.trustedProxies);
  const onLimit = (limit: Limit) => metrics.limits.hit(limit);
  const sockets: SocketServer = new SocketServer({
    http,
    origins,
    logger,
    pingIntervalMs: settings.pingIntervalMs,
    pingTimeoutMs: settings.pingTimeoutMs,
    handshakeMs: settings.handshakeMs,
    maxMessageBytes: settings.messageBytes,
    maxInFlight: settings.unanswered,
    maxRoomsPerConnection: settings.roomsPerUser,
    maxBacklog: 1_000,
    isTaking: () => relocation.isTaking,
    gate: new ConnectGate({ settings, shared, connections: () => sockets.directory.size, onLimit }),
    addresses,
    limits: new RequestLimits({ settings, shared, onLimit }),
    clock,
    onAnswer: (request, code) => {
      metrics.answered(request, code);
      const limit = LIMIT_BEHIND.get(code);
      if (limit !== undefined) onLimit(limit);
    },
    onLimit,
    onSwept: (kind) => metrics.sweeps.swept(kind),
    onTold: (ms) => metrics.broadcasts.handedOn(ms),
    onIntroduced: (result) => metrics.sessions.introduced(result),
  });
  const audience = sockets.directory;
  const relocation = new Relocation({
    audience,
    connections: () => audience.size,
    clock,
    logger,
    drainMs: config.drainMs,
  });
  const metrics = new Metrics({
    store,
    nodeId: config.nodeId,
    connections: () => audience.size,
    sfuNodes: () => sfu.states().length,
  });
  const presence = new Presence({
    ...config.presence,
    audience,
    bus,
    store: stores.presence,
    clock,
    logger,
    newId,
    onRepair: () => metrics.presence.repaired(),
  });
  metrics.presence.source = presence;
  nodes.events.on('nodeUp', ({ nodeId }) => presence.nodeUp(nodeId));
  nodes.events.on('nodeDown', (nodeId) => presence.nodeDown(nodeId));
  nodes.events.on('isolated', () => relocation.moveEveryone());

  const tokens = new SessionTokens({ secret: config.sessionSecret, clock, lifetimeMs: config.sessionLifetimeMs });
  const ice = new IceServers({ settings: config.ice, region: config.region, clock });
  const rooms = createRooms({
    ...{ config, settings: rules, cluster, audience, sfu, tokens, ice, metrics, clock, logger, newId },
  });
  const { membership, media, mesh, moderation } = rooms;
  const quality = new Quality({
    sink: {
      reported: (report) => {
        metrics.quality.reported(report);
        operations.reported(report);
      },
    },
    clock,
    logger,
  });
  const matching = new Matching({
    tickets: stores.tickets,
    blocks: stores.blocks,
    passes: tokens,
    bus,
    clock,
    logger,
  });
  redis?.link.events.on('up', () => void matching.upkeep.handleStoreUp());
  metrics.matches.follow(matching);
  matching.events.on('swept', (kind, count) => metrics.sweeps.swept(kind, count));
  const authenticator = new Authenticator({
    verifiers: verifiersFor(config.identity, clock, logger),
    guests: config.identity.guests,
    tokens,
    newId,
  });
  const sessions = new Sessions({
    users: stores.users,
    rooms: membership,
    verify: (token) => authenticator.verify(token),
    bus,
    clock,
    logger,
    warningMs: config.identity.tokenWarningMs,
    resumeWindowMs: config.resumeWindowMs,
    reassertMs: redis ? REASSERT_USERS_MS : null,
    onEnded: (code) => metrics.sessions.ended(code),
  });
  const services = { membership, matching, moderation, media, mesh, quality, presence, sessions, ice };
  const answering = { services, clock, logger, deadlineMs: config.requestDeadlineMs };
  sockets.serve(answering, authenticator, sessions);

  const adminServices: AdminServices = {
    moderation,
    appEvents: new AppEvents({ bus, audience }),
    rooms: store,
    sfu,
    whereabouts: async (userId) => {
      const rooms = presence.roomsOf(userId);
      return rooms && { rooms };
    },
  };
  const administering = {
    key: new AdminKey(config.admin),
    deadlineMs: config.requestDeadlineMs,
    clock,
    logger,
    onAnswer: (route: string | null, code: string) => metrics.admin.answered(route, code),
  };
  const admin = new AdminApi({
    ...adminServices,
    ...administering,
    addressOf: (request) => addresses.keyOf(request),
  });
  const operations = new Operations({
    ...administering,
    services: adminServices,
    namespace: sockets.operators(),
    isTaking: () => relocation.isTaking,
    addresses,
    bus,
    nodes,
    census: () => ({ connections: audience.size, participants: metrics.rooms.participants }),
  });

  nodes.events.on('storeLost', () => void sessions.reassert());
  redis?.link.events.on('up', () => void sessions.reassert());
  metrics.cluster.nodes = () => nodes.list().length;
  metrics.cluster.redisUp = () => redis?.link.isUp;
  http.listen(config.port, config.host);
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo;
  await cluster.open(config.nodeUrl ?? `http://${reachableHost(config.host)}:${port}`);
  let closing: Promise<void> | undefined;
  return {
    port,
    cluster,
    drain: () => relocation.drain(),
    close() {
      closing ??= close();
      return closing;
    },
  };

  async function close(): Promise<void> {
    rooms.close();
    operations.close();
    presence.close();
    sessions.close();
    const closed = sockets.close();
    http.closeAllConnections();
    await closed;
    await rooms.closeWebhooks();
    await matching.close();
    metrics.close();
    sfu.close();
    cluster.close();
  }
}

/**
 * Among nodes a process has a name of its own: one that is started again under the same NODE_ID is another node, and what
 * its predecessor left behind is cleared away like that of any that died.
 */
function processName({ nodeId, redisUrls }: Config): string {
  return redisUrls.length > 0 ? `${nodeId.slice(0, 50)}.${newId().slice(0, 8)}` : nodeId;
}

/** Where other machines find this one when nobody has said so. */
function reachableHost(host: string): string {
  return ['0.0.0.0', '::', ''].includes(host) ? hostname() : host;
}

/** 120 random bits: unguessable, since who knows a participant's id may speak to them. */
function newId(): string {
  return randomBytes(15).toString('base64url');
}
