import { list, whole } from '@parley/shared/runtime/environment';
import * as v from 'valibot';
import { isNetwork } from './client-address.ts';
import type { LimitSettings } from './settings.ts';

const MS = 'milliseconds';

const rate = (name: string, standard: number) => v.optional(whole(name, 1, 1_000_000, 'requests'), String(standard));

/** How much is allowed, and its defaults; docs/operations.md tells how to choose. */
export const limitSettings = {
  /** Clients connected to this node at once. */
  CONNECTIONS_MAX: v.optional(whole('CONNECTIONS_MAX', 1, 1_000_000, 'connections'), '1000'),
  /** Connections of one address (IPv6: of one /64) at once, at each node. A company or a school may be one address. */
  ADDRESS_CONNECTIONS_MAX: v.optional(whole('ADDRESS_CONNECTIONS_MAX', 1, 1_000_000, 'connections'), '200'),
  /** New connections of one address in a minute, at all nodes together. */
  ADDRESS_CONNECTS_PER_MINUTE: v.optional(whole('ADDRESS_CONNECTS_PER_MINUTE', 1, 1_000_000, 'connections'), '300'),
  /** Joins of one user in a minute, and entries into the queue, at all nodes together. */
  USER_JOINS_PER_MINUTE: v.optional(whole('USER_JOINS_PER_MINUTE', 1, 1_000_000, 'joins'), '60'),
  USER_ENQUEUES_PER_MINUTE: v.optional(whole('USER_ENQUEUES_PER_MINUTE', 1, 1_000_000, 'requests'), '60'),
  /** Rooms one user may be in at once. */
  USER_ROOMS_MAX: v.optional(whole('USER_ROOMS_MAX', 1, 1_000, 'rooms'), '16'),
  /** Requests of one connection that may be unanswered at once. */
  UNANSWERED_MAX: v.optional(whole('UNANSWERED_MAX', 1, 10_000, 'requests'), '64'),
  /** The largest message of a client; a larger one ends its connection with 1009. */
  MESSAGE_MAX_BYTES: v.optional(whole('MESSAGE_MAX_BYTES', 24 * 1024, 16 * 1024 * 1024, 'bytes'), String(64 * 1024)),
  /** A connection is asked for a sign of life this often … */
  PING_INTERVAL_MS: v.optional(whole('PING_INTERVAL_MS', 50, 600_000, MS), '10000'),
  /** … and has so long to give it. */
  PING_TIMEOUT_MS: v.optional(whole('PING_TIMEOUT_MS', 50, 600_000, MS), '8000'),
  /** So long a connection has for each step until it is one: its HTTP headers, its Socket.IO handshake. */
  HANDSHAKE_DEADLINE_MS: v.optional(whole('HANDSHAKE_DEADLINE_MS', 50, 600_000, MS), '10000'),
  /** Requests of one connection in 10 s, by class (signaling/src/limits/classes.ts says which is which). */
  RATE_MEDIA: rate('RATE_MEDIA', 500),
  RATE_ROOM: rate('RATE_ROOM', 100),
  RATE_SESSION: rate('RATE_SESSION', 50),
  RATE_QUEUE: rate('RATE_QUEUE', 50),
  RATE_PRESENCE: rate('RATE_PRESENCE', 50),
};

export const trustedProxies = {
  /**
   * Whose X-Forwarded-For is believed: addresses and networks of proxies (10.0.0.0/8, ::1), or how many proxies there
   * are between a client and this server. None: the address is the socket's.
   */
  TRUSTED_PROXIES: v.optional(
    v.union([
      v.pipe(v.string(), v.trim(), v.regex(/^[1-9]$/), v.transform(Number)),
      list('TRUSTED_PROXIES', isNetwork, 'addresses and networks (10.0.0.0/8), or the number of proxies, 1 to 9'),
    ]),
    '',
  ),
};

type Settings = { [K in keyof typeof limitSettings]: v.InferOutput<(typeof limitSettings)[K]> };

/** The same in the code's own words. */
export function limitsOf(output: Settings): LimitSettings {
  return Object.freeze({
    connections: output.CONNECTIONS_MAX,
    connectionsPerAddress: output.ADDRESS_CONNECTIONS_MAX,
    connectsPerMinute: output.ADDRESS_CONNECTS_PER_MINUTE,
    joinsPerMinute: output.USER_JOINS_PER_MINUTE,
    enqueuesPerMinute: output.USER_ENQUEUES_PER_MINUTE,
    roomsPerUser: output.USER_ROOMS_MAX,
    unanswered: output.UNANSWERED_MAX,
    messageBytes: output.MESSAGE_MAX_BYTES,
    pingIntervalMs: output.PING_INTERVAL_MS,
    pingTimeoutMs: output.PING_TIMEOUT_MS,
    handshakeMs: output.HANDSHAKE_DEADLINE_MS,
    rates: Object.freeze({
      media: output.RATE_MEDIA,
      room: output.RATE_ROOM,
      session: output.RATE_SESSION,
      queue: output.RATE_QUEUE,
      presence: output.RATE_PRESENCE,
    }),
  });
}
