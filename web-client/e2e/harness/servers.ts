import { ensureBuild } from '../../../scripts/build.mjs';
import { inRoot } from '../../../scripts/paths.mjs';
import { type LogEntry, ServerProcess } from '../../../scripts/server-process.mjs';
import { ensureWorker } from '../../../scripts/worker.mjs';
import { until } from './until.ts';

/** Settings by their names in signaling/src/config.ts and sfu-server/src/config.ts; numbers become text. */
export type Settings = Readonly<Record<string, string | number>>;

/** What a scene needs of the servers it plays with. */
export interface Servers {
  /** Where people open it: `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** What the servers have logged, the newest part of it. */
  readonly log: string;
  stop(): Promise<void>;
}

const LISTEN_DEADLINE_MS = 30_000;
const KEPT_LOG_LINES = 400;
/** All servers of one test share it; they listen on loopback only. */
const CONTROL_SECRET = 'a-secret-of-the-browser-tests';
const SESSION_SECRET = 'another-secret-of-the-browser-tests';
const EVERY_SERVER = { HOST: '127.0.0.1', LOG_LEVEL: 'debug', CONTROL_SECRET };

let worker: Promise<string> | undefined;

/** The worker's path, and a built SDK and demo: given by `npm test`, looked up when a test file is run by hand. */
function prepared(): Promise<string> {
  const { MEDIASOUP_WORKER_BIN: given } = process.env;
  worker ??= given ? Promise.resolve(given) : ensureBuild().then(ensureWorker);
  return worker;
}

export const asEnvironment = (settings: Settings): Record<string, string> =>
  Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, String(value)]));

/** The last lines of all servers of a test, for when it fails. */
export class LogKeeper {
  readonly #lines: string[] = [];
  readonly #max: number;

  constructor(max = KEPT_LOG_LINES) {
    this.#max = max;
  }

  get text(): string {
    return this.#lines.join('\n');
  }

  readonly add = (name: string, { time, level, message, ...fields }: LogEntry): void => {
    this.#lines.push(`${String(time ?? '').slice(11, 23)} ${name} ${level} ${message} ${JSON.stringify(fields)}`);
    if (this.#lines.length > this.#max) this.#lines.shift();
  };
}

/** Takes what a server logs. */
export type Log = Pick<LogKeeper, 'add'>;

export function spawnServer(name: 'signaling' | 'sfu-server', env: Record<string, string>, log: Log): ServerProcess {
  return new ServerProcess({ name, entry: `${name}/src/main.ts`, env, onLog: (entry) => log.add(name, entry) });
}

/** An SFU server on free ports; await `listening` of it. */
export async function startSfu(log: Log, settings: Settings = {}): Promise<ServerProcess> {
  const MEDIASOUP_WORKER_BIN = await prepared();
  return spawnServer(
    'sfu-server',
    asEnvironment({ ...EVERY_SERVER, PORT: 0, RTC_PORT: 0, MEDIASOUP_WORKER_BIN, ...settings }),
    log,
  );
}

/** What every signaling node of a test is started with, besides its port. */
export async function signalingSettings(of: {
  sfuPorts: readonly number[];
  allowedOrigins: readonly string[];
}): Promise<Settings> {
  await prepared();
  return {
    ...EVERY_SERVER,
    SESSION_SECRET,
    SFU_URLS: of.sfuPorts.map((port) => `http://127.0.0.1:${port}`).join(','),
    ALLOWED_ORIGINS: of.allowedOrigins.join(','),
    STATIC_DIR: inRoot('web-client/demo/dist'),
    SDK_DIR: inRoot('web-client/sdk/dist'),
  };
}

export function listening(server: ServerProcess): Promise<number> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${server.name} does not listen`)), LISTEN_DEADLINE_MS);
  });
  return Promise.race([server.listening, late]).finally(() => clearTimeout(timer));
}

/** For the end of a test: at once, as nobody waits for them any more. How servers stop is a test of its own. */
export async function endServers(servers: readonly (ServerProcess | undefined)[]): Promise<void> {
  for (const server of servers) server?.kill();
  await Promise.all(servers.map((server) => server?.exited));
}

/** Metrics of a server by name, summed over labels. */
export async function metricsOf(port: number): Promise<Map<string, number>> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(5_000) });
  const sums = new Map<string, number>();
  for (const line of (await response.text()).split('\n')) {
    const [, name, value] = /^([a-zA-Z_:]\w*)(?:\{[^}]*\})? (\S+)/.exec(line) ?? [];
    if (name !== undefined) sums.set(name, (sums.get(name) ?? 0) + Number(value));
  }
  return sums;
}

/** Waits until metrics have these values. */
export async function expectMetricsOf(
  what: string,
  read: () => Promise<Map<string, number>>,
  wanted: Readonly<Record<string, number>>,
  deadlineMs?: number,
): Promise<void> {
  await until(
    what,
    async () => {
      const metrics = await read();
      const wrong = Object.entries(wanted).filter(([name, value]) => metrics.get(name) !== value);
      if (wrong.length === 0) return null;
      return wrong.map(([name, value]) => `${name} is ${metrics.get(name)}, should be ${value}.`).join(' ');
    },
    deadlineMs,
  );
}
