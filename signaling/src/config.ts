import { DEVELOPMENT_CONTROL_SECRET } from '@parley/shared/control';
import {
  ConfigError,
  commonSettings,
  type Environment,
  isHttpUrl,
  list,
  readSettings,
  redisOf,
  redisSettings,
  text,
  whole,
} from '@parley/shared/runtime/environment';
import { isDevelopment, secret, secretsAmong, weakSecrets } from '@parley/shared/runtime/secrets';
import * as v from 'valibot';
import { type AdminSettings, adminOf, adminSettings } from './http/admin/configuration.ts';
import { type IceSettings, iceOf, iceProblems, iceSettings } from './ice/configuration.ts';
import { type IdentitySettings, identityOf, identityProblems, identitySettings } from './identity/configuration.ts';
import { limitSettings, limitsOf, trustedProxies } from './limits/configuration.ts';
import type { LimitSettings, TrustedProxies } from './limits/index.ts';
import { matchingOf, matchSettings } from './matchmaking/configuration.ts';
import type { MatchSettings } from './matchmaking/settings.ts';
import { type PresenceSettings, presenceOf, presenceSettings } from './presence/configuration.ts';
import {
  type SupabaseSettings,
  supabaseOf,
  supabaseProblems,
  supabaseSettings,
} from './store/supabase/configuration.ts';
import { type WebhookSettings, webhookSettings, webhooksOf } from './webhooks/configuration.ts';

const MS = 'milliseconds';
const PEERS = 'people';
const DAY_MS = 86_400_000;

/** Every setting with its default. Durations are in milliseconds. */
const settings = (randomId: () => string) =>
  v.object({
    /** Port for everything: pages, health, metrics, the clients' sockets. 0: any free one. */
    PORT: v.optional(whole('PORT', 0, 65_535, 'port'), '3000'),
    HOST: v.optional(text('HOST', 255), '0.0.0.0'),
    ...commonSettings(randomId),
    /** Origins of other sites whose pages may use this server, such as https://app.example.org; * is all. */
    ALLOWED_ORIGINS: v.optional(list('ALLOWED_ORIGINS', isOrigin, 'origins (scheme://host[:port]) or *'), ''),
    /** Where this node is, and with it its clients, unless they say otherwise: they get SFU nodes of that region. Any text. */
    REGION: v.optional(text('REGION', 64), ''),
    /** SFU nodes that are there for good: where their HTTP ports are. With REDIS_URL, others are found there. */
    SFU_URLS: v.optional(list('SFU_URLS', isHttpUrl, 'http(s) URLs'), ''),
    /** Proves this node to the SFU nodes; the same as theirs. May be left out in development only. */
    CONTROL_SECRET: v.optional(v.pipe(v.string(), secret({ isNeeded: true }))),
    /** Signs what clients carry to resume. Random per process in development: then a restart ends all sessions. */
    SESSION_SECRET: v.optional(v.pipe(v.string(), secret({ isNeeded: true }))),
    /** How long those tokens hold: the longest call that can be resumed. */
    SESSION_LIFETIME_MS: v.optional(whole('SESSION_LIFETIME_MS', 60_000, 365 * DAY_MS, MS), String(7 * DAY_MS)),
    ...redisSettings,
    /** Where other signaling nodes reach this one's port. Default: http://, this host's name, PORT. */
    NODE_URL: v.optional(v.pipe(v.string(), v.check(isHttpUrl, 'NODE_URL must be an http(s) URL'))),
    /** The built demo, served at /. */
    STATIC_DIR: v.optional(text('STATIC_DIR', 4096)),
    /** The built SDK, served below /sdk/ also to pages of ALLOWED_ORIGINS. */
    SDK_DIR: v.optional(text('SDK_DIR', 4096)),
    ...iceSettings,
    /** The most people a mesh holds; one more moves the room to an SFU. */
    MESH_MAX_PEERS: v.optional(whole('MESH_MAX_PEERS', 1, 64, PEERS), '12'),
    /** A room on an SFU returns to a mesh at this size or below (default 8, and always less than the most) … */
    MESH_RETURN_PEERS: v.optional(whole('MESH_RETURN_PEERS', 0, 63, PEERS)),
    /** … once it has been so for this long. */
    MESH_RETURN_AFTER_MS: v.optional(whole('MESH_RETURN_AFTER_MS', 0, DAY_MS, MS), '30000'),
    /** A handover ends by then: a promotion completes, a demotion that someone has not managed is called off. */
    HANDOVER_DEADLINE_MS: v.optional(whole('HANDOVER_DEADLINE_MS', 100, 600_000, MS), '10000'),
    /** A demotion that was called off is not tried again for this long. */
    HANDOVER_BACKOFF_MS: v.optional(whole('HANDOVER_BACKOFF_MS', 0, DAY_MS, MS), '60000'),
    /** How long someone whose connection dropped may resume. */
    RESUME_WINDOW_MS: v.optional(whole('RESUME_WINDOW_MS', 0, 3_600_000, MS), '15000'),
    ROOM_MAX_PEERS: v.optional(whole('ROOM_MAX_PEERS', 1, 100_000, PEERS), '500'),
    /** Rooms this node keeps in all. */
    ROOMS_MAX: v.optional(whole('ROOMS_MAX', 1, 10_000_000, 'rooms'), '10000'),
    /** How long a node that is silent is trusted to go on forwarding; one whose host refuses connections is gone at once. */
    SFU_LINK_GRACE_MS: v.optional(whole('SFU_LINK_GRACE_MS', 0, 600_000, MS), '5000'),
    /** A room that wants an SFU and has none looks for one this often. */
    SFU_RETRY_MS: v.optional(whole('SFU_RETRY_MS', 100, 600_000, MS), '5000'),
    /** Rooms on an SFU node that drains begin to leave it within this time, not all at once; less than the node waits. */
    SFU_LEAVE_WITHIN_MS: v.optional(whole('SFU_LEAVE_WITHIN_MS', 0, 600_000, MS), '2000'),
    /** Every request of a client is answered by then. */
    REQUEST_DEADLINE_MS: v.optional(whole('REQUEST_DEADLINE_MS', 10, 600_000, MS), '8000'),
    /** With other nodes: how long, after SIGTERM, this one waits for its clients to move to them. */
    DRAIN_MS: v.optional(whole('DRAIN_MS', 0, 3_600_000, MS), '10000'),
    ...adminSettings,
    ...webhookSettings,
    ...presenceSettings,
    ...matchSettings,
    ...identitySettings,
    ...supabaseSettings,
    ...limitSettings,
    ...trustedProxies,
  });

const OUR_KEYS = {
  prefixes: [
    'MESH_',
    'HANDOVER_',
    'RESUME_',
    'ROOM_',
    'ROOMS_',
    'SFU_',
    'CONTROL_',
    'ALLOWED_',
    'CONNECTIONS_',
    'PRESENCE_',
    'ADMIN_',
    'WEBHOOK_',
    'MATCH_',
  ],
  sharedPrefixes: [
    'DRAIN_',
    'ICE_',
    'TURN_',
    'REQUEST_',
    'SDK_',
    'SESSION_',
    'STATIC_',
    'ADDRESS_',
    'USER_',
    'RATE_',
    'MESSAGE_',
    'TRUSTED_',
    'UNANSWERED_',
    'API_',
    'GUESTS',
    'SUPABASE_',
    'TOKEN_',
    'PING_',
    'REDIS_',
  ],
};

type Settings = v.InferOutput<ReturnType<typeof settings>>;

/** Settings of this process: frozen, complete, in the code's own words. Durations in milliseconds. */
export type Config = Readonly<{
  port: number;
  host: string;
  nodeId: string;
  logLevel: Settings['LOG_LEVEL'];
  allowedOrigins: readonly string[];
  region: string;
  sfuUrls: readonly string[];
  controlSecret: string;
  sessionSecret: string;
  sessionLifetimeMs: number;
  redisUrls: readonly string[];
  redisCluster: boolean;
  redisPrefix: string;
  nodeUrl: string | undefined;
  staticDir: string | undefined;
  sdkDir: string | undefined;
  /** What helps clients to reach others. */
  ice: IceSettings;
  meshMaxPeers: number;
  meshReturnPeers: number;
  meshReturnAfterMs: number;
  handoverDeadlineMs: number;
  handoverBackoffMs: number;
  resumeWindowMs: number;
  roomMaxPeers: number;
  roomsMax: number;
  sfuLinkGraceMs: number;
  sfuRetryMs: number;
  sfuLeaveWithinMs: number;
  requestDeadlineMs: number;
  drainMs: number;
  admin: AdminSettings;
  webhooks: WebhookSettings;
  presence: PresenceSettings;
  matching: MatchSettings;
  identity: IdentitySettings;
  /** Where blocks and reports are kept for good. */
  supabase: SupabaseSettings | undefined;
  limits: LimitSettings;
  trustedProxies: TrustedProxies;
}>;

/** Randomness, injected: an id for this node, a secret for this process. */
export interface Randomness {
  id: () => string;
  secret: () => string;
}

/** The settings that hold secrets. */
export const secretSettings = (): string[] => [...secretsAmong(settings(() => '').entries).keys()];

/**
 * Reads the configuration from environment variables. An empty variable counts as missing.
 * @throws {ConfigError} with every problem found
 */
export function readConfig(env: Environment, random: Randomness): Config {
  const schema = settings(random.id);
  const { output, problems } = readSettings(schema, env, OUR_KEYS);
  const meshReturnPeers = output.MESH_RETURN_PEERS ?? Math.min(8, output.MESH_MAX_PEERS - 1);
  if (meshReturnPeers >= output.MESH_MAX_PEERS) {
    problems.push(`MESH_RETURN_PEERS (${meshReturnPeers}) must be less than MESH_MAX_PEERS (${output.MESH_MAX_PEERS})`);
  }
  if (output.WEBHOOK_URL.length > 0 && !output.WEBHOOK_SECRET) problems.push('WEBHOOK_URL needs a WEBHOOK_SECRET');
  const isOurs = isDevelopment(output.NODE_ENV);
  const weak = weakSecrets(schema.entries, output);
  if (!isOurs) problems.push(...weak);
  problems.push(...identityProblems(output, isOurs), ...supabaseProblems(output), ...iceProblems(output));
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
  const redis = redisOf(output);
  return Object.freeze({
    port: output.PORT,
    host: output.HOST,
    nodeId: output.NODE_ID,
    logLevel: output.LOG_LEVEL,
    allowedOrigins: Object.freeze(output.ALLOWED_ORIGINS.map(normalOrigin)),
    region: output.REGION,
    sfuUrls: Object.freeze(output.SFU_URLS),
    controlSecret: output.CONTROL_SECRET ?? DEVELOPMENT_CONTROL_SECRET,
    sessionSecret: output.SESSION_SECRET ?? random.secret(),
    sessionLifetimeMs: output.SESSION_LIFETIME_MS,
    redisUrls: redis.urls,
    redisCluster: redis.cluster,
    redisPrefix: redis.prefix,
    nodeUrl: output.NODE_URL,
    staticDir: output.STATIC_DIR,
    sdkDir: output.SDK_DIR,
    ice: iceOf(output),
    meshMaxPeers: output.MESH_MAX_PEERS,
    meshReturnPeers,
    meshReturnAfterMs: output.MESH_RETURN_AFTER_MS,
    handoverDeadlineMs: output.HANDOVER_DEADLINE_MS,
    handoverBackoffMs: output.HANDOVER_BACKOFF_MS,
    resumeWindowMs: output.RESUME_WINDOW_MS,
    roomMaxPeers: output.ROOM_MAX_PEERS,
    roomsMax: output.ROOMS_MAX,
    sfuLinkGraceMs: output.SFU_LINK_GRACE_MS,
    sfuRetryMs: output.SFU_RETRY_MS,
    sfuLeaveWithinMs: output.SFU_LEAVE_WITHIN_MS,
    requestDeadlineMs: output.REQUEST_DEADLINE_MS,
    drainMs: output.DRAIN_MS,
    admin: adminOf(output),
    webhooks: webhooksOf(output),
    presence: presenceOf(output),
    matching: matchingOf(output),
    identity: identityOf(output),
    supabase: supabaseOf(output),
    limits: limitsOf(output),
    trustedProxies: output.TRUSTED_PROXIES,
  });
}

function isOrigin(item: string): boolean {
  return item === '*' || (isHttpUrl(item) && new URL(item).pathname === '/' && !/[?#]/.test(item));
}

/** As browsers send it: lower case, no default port, no slash at the end. */
function normalOrigin(item: string): string {
  return item === '*' ? item : new URL(item).origin;
}
