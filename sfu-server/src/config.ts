import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { DEVELOPMENT_CONTROL_SECRET, WORKERS_MAX } from '@parley/shared/control';
import {
  ConfigError,
  commonSettings,
  type Environment,
  isHttpUrl,
  oneOf,
  readSettings,
  redisOf,
  redisSettings,
  text,
  whole,
} from '@parley/shared/runtime/environment';
import { isDevelopment, secret, weakSecrets } from '@parley/shared/runtime/secrets';
import * as v from 'valibot';
import type { PipeListen } from './media/ports.ts';

/** What the machine decides when the environment does not; injected so that tests are the same everywhere. */
export interface Machine {
  /** CPUs this process may use. */
  cpus: number;
  randomId: () => string;
}

/** Every setting with its default. Durations are in milliseconds. */
const settings = (machine: Machine) =>
  v.object({
    /** Port of the control link, /health and /metrics. 0: any free one. */
    PORT: v.optional(whole('PORT', 0, 65_535, 'port'), '4000'),
    /** Address that port listens on. Media does not use it: see RTC_LISTEN_IPS. */
    HOST: v.optional(text('HOST', 255), '127.0.0.1'),
    ...commonSettings(machine.randomId),
    /** Where signaling and other SFU nodes reach that port: http(s)://host[:port]. Default: HOST, or this machine's name, and PORT. */
    CONTROL_URL: v.optional(
      v.pipe(v.string(), v.trim(), v.check(isOrigin, 'CONTROL_URL must be http(s)://host[:port]')),
    ),
    ...redisSettings,
    /** Where this node is, for placement; any text. */
    REGION: v.optional(text('REGION', 64), ''),
    /** Signaling proves itself with it. May be left out only in development, listening on loopback. */
    CONTROL_SECRET: v.optional(v.pipe(v.string(), secret({ isNeeded: true }))),
    /** mediasoup workers; each uses at most one CPU. */
    WORKERS: v.optional(whole('WORKERS', 1, WORKERS_MAX, 'workers'), String(machine.cpus)),
    /** Peers this node takes in all. Default: 500 a worker. */
    CAPACITY: v.optional(whole('CAPACITY', 1, 1_000_000, 'peers')),
    /** Worker i listens for media, UDP and TCP, on RTC_PORT + i. 0: free ports between 10000 and 59999. */
    RTC_PORT: v.optional(whole('RTC_PORT', 0, 65_535, 'port'), '40000'),
    /** Addresses to listen on for media, separated by commas. auto: every IPv4 address the machine has now. */
    RTC_LISTEN_IPS: v.optional(text('RTC_LISTEN_IPS', 4096), 'auto'),
    /** Behind NAT: the address (or name) browsers reach the first address that is not loopback by. */
    RTC_ANNOUNCED_ADDRESS: v.optional(text('RTC_ANNOUNCED_ADDRESS', 255)),
    /** Seconds a silent client is taken to be there (ICE consent). mediasoup clamps it to 10 to 60. */
    RTC_CONSENT_TIMEOUT_S: v.optional(whole('RTC_CONSENT_TIMEOUT_S', 10, 60, 'seconds'), '30'),
    /** Address this node's ends of pipes to other SFU nodes listen on (UDP, SRTP). Default: HOST, where that is an address. */
    PIPE_LISTEN_IP: v.optional(v.pipe(v.string(), v.trim(), v.ip('PIPE_LISTEN_IP must be an IP address'))),
    /** Where other SFU nodes reach it: an address, or a name. Default: it, or what CONTROL_URL or the machine is called. */
    PIPE_ANNOUNCED_ADDRESS: v.optional(text('PIPE_ANNOUNCED_ADDRESS', 255)),
    /** UDP ports for those: one for each room and node it spans. Default: any free one from 10000 to 59999. */
    PIPE_PORTS: v.optional(v.pipe(v.string(), v.regex(/^\d+-\d+$/, 'PIPE_PORTS must be like 41000-41999'))),
    /** How long a room that no linked signaling node holds, or that has no peer, is kept. */
    ORPHAN_LEASE_MS: v.optional(whole('ORPHAN_LEASE_MS', 0, 86_400_000, 'milliseconds'), '60000'),
    /** How long, after SIGTERM or a request to drain, the node waits for its rooms to be moved; 0: not at all. */
    DRAIN_DEADLINE_MS: v.optional(whole('DRAIN_DEADLINE_MS', 0, 86_400_000, 'milliseconds'), '60000'),
    /** Every call to a worker ends by then. */
    WORKER_REQUEST_TIMEOUT_MS: v.optional(whole('WORKER_REQUEST_TIMEOUT_MS', 100, 60_000, 'milliseconds'), '5000'),
    /** How often each worker is asked whether it lives. */
    WORKER_PROBE_INTERVAL_MS: v.optional(whole('WORKER_PROBE_INTERVAL_MS', 50, 600_000, 'milliseconds'), '500'),
    /** A worker that owes an answer for so long is killed and replaced; four times as long while it waits for a CPU. */
    WORKER_HUNG_MS: v.optional(whole('WORKER_HUNG_MS', 100, 600_000, 'milliseconds'), '2000'),
    /** Packets a second a worker is given listeners for; fewer where measuring says that they cost more than 13 µs. */
    WORKER_PACKETS_MAX: v.optional(whole('WORKER_PACKETS_MAX', 100, 10_000_000, 'packets'), '60000'),
    /** Peers of one room a worker carries, as long as another can take more: for tests, and machines of many slow CPUs. */
    WORKER_PEERS_MAX: v.optional(whole('WORKER_PEERS_MAX', 1, 1_000_000, 'peers'), '1000000'),
    /** A room with more open microphones forwards the loudest by that many speaker slots. */
    SPEAKER_SLOTS: v.optional(whole('SPEAKER_SLOTS', 1, 64, 'slots'), '6'),
    /** So does one with more microphones than this, muted or not: listeners have no more consumers each. */
    DIRECT_PRODUCERS_MAX: v.optional(whole('DIRECT_PRODUCERS_MAX', 1, 1_000, 'microphones'), '24'),
    /** How long a room has far less than that before its microphones are forwarded directly again. */
    SPEAKER_SLOTS_CALM_MS: v.optional(whole('SPEAKER_SLOTS_CALM_MS', 0, 86_400_000, 'milliseconds'), '30000'),
    /** Level of the workers' own log. */
    WORKER_LOG_LEVEL: v.optional(oneOf('WORKER_LOG_LEVEL', ['debug', 'warn', 'error', 'none']), 'error'),
  });

const OUR_KEYS = {
  prefixes: ['RTC_', 'PIPE_', 'WORKER_', 'WORKERS', 'ORPHAN_', 'CAPACITY', 'SPEAKER_'],
  sharedPrefixes: ['DRAIN_', 'REDIS_', 'CONTROL_', 'DIRECT_'],
};

/** Settings of this process: frozen, complete, in the code's own words. Durations in milliseconds. */
export type Config = Readonly<{
  port: number;
  host: string;
  nodeId: string;
  region: string;
  logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  controlSecret: string;
  /** Undefined: made of the host and the port it listens on. */
  controlUrl: string | undefined;
  /** Where nodes register; no URL: they are listed in signaling's settings. */
  redis: Readonly<{ urls: readonly string[]; cluster: boolean; prefix: string }>;
  workers: number;
  capacity: number;
  rtcPort: number;
  /** `auto`, or the addresses themselves. */
  rtcListenIps: 'auto' | readonly string[];
  rtcAnnouncedAddress: string | undefined;
  rtcConsentTimeoutS: number;
  /** Where this node's ends of pipes to other nodes are. */
  pipe: PipeListen;
  orphanLeaseMs: number;
  drainDeadlineMs: number;
  workerRequestTimeoutMs: number;
  workerProbeIntervalMs: number;
  workerHungMs: number;
  workerPacketsMax: number;
  workerPeersMax: number;
  speakerSlots: number;
  directProducersMax: number;
  speakerSlotsCalmMs: number;
  workerLogLevel: 'debug' | 'warn' | 'error' | 'none';
}>;

/**
 * Reads the configuration from environment variables. An empty variable counts as missing.
 * @throws {ConfigError} with every problem found.
 */
export function readConfig(env: Environment, machine: Machine): Config {
  const schema = settings(machine);
  const { output, problems } = readSettings(schema, env, OUR_KEYS);
  const isOurs = isDevelopment(output.NODE_ENV);
  const weak = weakSecrets(schema.entries, output);
  if (!isOurs) problems.push(...weak);
  else if (!isLoopback(output.HOST)) problems.push(...weak.map((it) => `HOST (${output.HOST}) is not loopback: ${it}`));
  if (output.RTC_PORT !== 0 && output.RTC_PORT + output.WORKERS - 1 > 65_535) {
    problems.push(`RTC_PORT ${output.RTC_PORT} leaves no room for ${output.WORKERS} workers below port 65536`);
  }
  const listenIps = output.RTC_LISTEN_IPS === 'auto' ? 'auto' : splitList(output.RTC_LISTEN_IPS);
  if (listenIps !== 'auto') {
    if (listenIps.length === 0) problems.push('RTC_LISTEN_IPS is empty');
    if (listenIps.some((ip) => ip === '0.0.0.0' || ip === '::') && !output.RTC_ANNOUNCED_ADDRESS) {
      problems.push('RTC_LISTEN_IPS: no browser can reach 0.0.0.0 or ::, so RTC_ANNOUNCED_ADDRESS must be set too');
    }
  }
  const pipeIp = output.PIPE_LISTEN_IP ?? (isIP(output.HOST) ? output.HOST : '127.0.0.1');
  const controlHost = output.CONTROL_URL && new URL(output.CONTROL_URL).hostname;
  const pipeAddress = output.PIPE_ANNOUNCED_ADDRESS ?? (isAnyAddress(pipeIp) ? (controlHost ?? hostname()) : undefined);
  const pipePorts = output.PIPE_PORTS === undefined ? undefined : portRange(output.PIPE_PORTS);
  if (pipePorts && !(pipePorts.min >= 1 && pipePorts.min <= pipePorts.max && pipePorts.max <= 65_535)) {
    problems.push(`PIPE_PORTS ${output.PIPE_PORTS} is no range of ports`);
  }
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));

  return Object.freeze({
    port: output.PORT,
    host: output.HOST,
    nodeId: output.NODE_ID,
    region: output.REGION,
    logLevel: output.LOG_LEVEL,
    controlSecret: output.CONTROL_SECRET ?? DEVELOPMENT_CONTROL_SECRET,
    controlUrl: output.CONTROL_URL && new URL(output.CONTROL_URL).origin,
    redis: redisOf(output),
    workers: output.WORKERS,
    capacity: output.CAPACITY ?? 500 * output.WORKERS,
    rtcPort: output.RTC_PORT,
    rtcListenIps: listenIps === 'auto' ? listenIps : Object.freeze(listenIps),
    rtcAnnouncedAddress: output.RTC_ANNOUNCED_ADDRESS,
    rtcConsentTimeoutS: output.RTC_CONSENT_TIMEOUT_S,
    pipe: Object.freeze({ ip: pipeIp, announcedAddress: pipeAddress, portRange: pipePorts, lossy: true }),
    orphanLeaseMs: output.ORPHAN_LEASE_MS,
    drainDeadlineMs: output.DRAIN_DEADLINE_MS,
    workerRequestTimeoutMs: output.WORKER_REQUEST_TIMEOUT_MS,
    workerProbeIntervalMs: output.WORKER_PROBE_INTERVAL_MS,
    workerHungMs: output.WORKER_HUNG_MS,
    workerPacketsMax: output.WORKER_PACKETS_MAX,
    workerPeersMax: output.WORKER_PEERS_MAX,
    speakerSlots: output.SPEAKER_SLOTS,
    directProducersMax: output.DIRECT_PRODUCERS_MAX,
    speakerSlotsCalmMs: output.SPEAKER_SLOTS_CALM_MS,
    workerLogLevel: output.WORKER_LOG_LEVEL,
  });
}

const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || /^127\./.test(host);

const isAnyAddress = (ip: string): boolean => ip === '0.0.0.0' || ip === '::';

const portRange = (text: string): { min: number; max: number } => {
  const [min = 0, max = 0] = text.split('-').map(Number);
  return { min, max };
};

const isOrigin = (url: string): boolean => isHttpUrl(url) && new URL(url).pathname === '/' && !/[?#@]/.test(url);

const splitList = (list: string): string[] => {
  const items = list.split(',').map((item) => item.trim());
  return [...new Set(items.filter(Boolean))];
};
