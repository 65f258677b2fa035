import type { Clock, Logger } from '@parley/shared/runtime';
import type { Cluster } from '../cluster/cluster.ts';
import type { Config } from '../config.ts';
import type { IceServers } from '../ice/ice-servers.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { Moderation } from '../moderation/moderation.ts';
import type { RoomSettings } from '../rooms/index.ts';
import type { SfuNodes } from '../sfu/sfu.ts';
import type { SessionTokens } from '../tokens/session-tokens.ts';
import { Webhooks } from '../webhooks/webhooks.ts';
import { Adoptions } from './adoptions.ts';
import type { Attendance, Audience } from './audience.ts';
import { Deliberation } from './deliberation.ts';
import { Effects } from './effects.ts';
import { Leavings } from './leavings.ts';
import { Ledger } from './ledger.ts';
import { Media } from './media.ts';
import { Membership } from './membership.ts';
import { Mesh } from './mesh.ts';
import { Preparations } from './preparations.ts';
import { Reach } from './reach.ts';
import { SfuWatch } from './sfu-watch.ts';
import { Upkeep } from './upkeep.ts';

/** The most that looking for an SFU may take: less than a request that needs one has. */
const PREPARE_DEADLINE_MS = 7_000;
const HEALING_MAX_MS = 15_000;
/** Nodes that follow the same room wake it within this time: the first one does it for all. */
const WAKE_SPREAD_MS = 250;
/** Who left while the store was away is remembered, this many at most. */
const LEAVINGS_MAX = 100_000;

export interface RoomsOptions {
  config: Config;
  settings: RoomSettings;
  cluster: Cluster;
  audience: Audience & Attendance;
  sfu: SfuNodes;
  tokens: SessionTokens;
  ice: IceServers;
  metrics: Metrics;
  clock: Clock;
  logger: Logger;
  newId: () => string;
}

/** All that a node does for rooms and their members. */
export interface Rooms {
  readonly membership: Membership;
  readonly media: Media;
  readonly mesh: Mesh;
  readonly moderation: Moderation;
  /** Lets time stand still, without a word to anybody. */
  close(): void;
  /** Ends the deliveries under way; what is not delivered stays in the store. */
  closeWebhooks(): Promise<void>;
}

/** Puts together what decides on rooms, carries it out and keeps it true. */
export function createRooms({ config, settings, cluster, ...options }: RoomsOptions): Rooms {
  const { audience, sfu, tokens, ice, metrics, clock, logger, newId } = options;
  const { bus, nodes, stores, redis } = cluster;
  const preparations = new Preparations({
    ...{ sfu, clock, logger, newId },
    deadlineMs: PREPARE_DEADLINE_MS,
    onLost: (roomId, sfuRoomId) => void ledger.apply(roomId, { type: 'sfuLost', sfuRoomId }),
  });
  const reach = new Reach({ audience, bus });
  const effects = new Effects({ sfu, reach, preparations, logger });
  const webhooks = new Webhooks({
    settings: config.webhooks,
    outbox: stores.outbox,
    clock,
    random: Math.random,
    logger,
    metrics: metrics.webhooks,
  });
  const ledger: Ledger = new Ledger({
    webhooks,
    store: stores.rooms,
    audience,
    tokens,
    settings,
    clock,
    logger,
    onEffect: (roomId, effect) => effects.run(ledger, roomId, effect),
    onEvent: (event) => metrics.happened(event),
    ...(redis ? { spreadMs: () => Math.random() * WAKE_SPREAD_MS } : {}),
  });
  const moderation = new Moderation({
    ledger,
    bans: stores.bans,
    clock,
    logger,
    sessionLifetimeMs: config.sessionLifetimeMs,
  });
  const leavings = new Leavings(LEAVINGS_MAX);
  const membership = new Membership({
    ledger,
    deliberation: new Deliberation({ ledger, preparations, adoptions: new Adoptions({ sfu, logger }) }),
    tokens,
    departures: stores.departures,
    leavings,
    clock,
    nodeId: config.nodeId,
    ice,
    maxRooms: config.roomsMax,
    expectHooks: (roomId) => webhooks.expect(roomId),
    storeMayForget: Boolean(redis),
    checkBans: (...who) => moderation.check(...who),
    newId,
  });
  const media = new Media({ membership, ledger, sfu, onMissing: (roomId, path) => sfuWatch.check(roomId, path) });
  const sfuWatch: SfuWatch = new SfuWatch({
    ledger,
    media,
    sfu,
    nodeId: config.nodeId,
    leaveAfterMs: () => Math.floor(Math.random() * config.sfuLeaveWithinMs),
    clock,
    logger,
  });
  const upkeep = redis
    ? new Upkeep({
        rooms: redis.rooms,
        nodes,
        ledger,
        attendance: audience,
        leavings,
        departures: stores.departures,
        clock,
        logger,
        isEnded: (incarnation) => moderation.isEnded(incarnation),
        onEnded: (roomId, { memberId, sessionId }) =>
          audience.fence(sessionId, memberId, roomId, { code: 'room_ended' }),
        onSwept: (kind, count) => metrics.sweeps.swept(kind, count),
      })
    : null;
  return {
    membership,
    media,
    mesh: new Mesh({ membership, reach }),
    moderation,
    close() {
      upkeep?.close();
      ledger.close();
    },
    closeWebhooks: () => webhooks.close(),
  };
}

/** What the rules of rooms need of the configuration. */
export function roomSettings(config: Config): RoomSettings {
  return {
    meshMaxPeers: config.meshMaxPeers,
    meshReturnPeers: config.meshReturnPeers,
    meshReturnAfterMs: config.meshReturnAfterMs,
    handoverDeadlineMs: config.handoverDeadlineMs,
    resumeWindowMs: config.resumeWindowMs,
    roomMaxPeers: config.roomMaxPeers,
    healingMs: Math.min(config.resumeWindowMs, HEALING_MAX_MS),
    demotionBackoffMs: config.handoverBackoffMs,
    sfuRetryMs: config.sfuRetryMs,
  };
}
