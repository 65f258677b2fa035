import { ensureBuild } from '../../../scripts/build.mjs';
import { inRoot } from '../../../scripts/paths.mjs';
import { type LogEntry, ServerProcess } from '../../../scripts/server-process.mjs';
import { ensureWorker } from '../../../scripts/worker.mjs';
import { until } from './until.ts';

/** Settings by their names in signaling/src/config.ts and sfu-server/src/config.ts; numbers become text. */
export type Settings = Readonly<Record<string, string | number>>;

export interface PlatformOptions {
  /** Origins besides the servers' own. */
  readonly allowedOrigins?: readonly string[];
  /** Settings of signaling, for example `{ MESH_MAX_PEERS: 3 }`. */
  readonly signaling?: Settings;
  readonly sfuServer?: Settings;
  /** Without an SFU server at all: false. */
  readonly sfu?: boolean;
}

const LISTEN_DEADLINE_MS = 30_000;
const KEPT_LOG_LINES = 400;
/** Both servers of one test share it; they listen on loopback only. */
const CONTROL_SECRET = 'a-secret-of-the-browser-tests';
const SESSION_SECRET = 'another-secret-of-the-browser-tests';

let worker: Promise<string> | undefined;

/** The worker's path, and a built SDK and demo: given by `npm test`, looked up when a test file is run by hand. */
function prepared(): Promise<string> {
  const { MEDIASOUP_WORKER_BIN: given } = process.env;
  worker ??= given ? Promise.resolve(given) : ensureBuild().then(ensureWorker);
  return worker;
}

/** Real servers on free ports, as `npm start` joins them. */
export class Platform {
  readonly #options: PlatformOptions;
  readonly #log: string[] = [];
  #signaling: ServerProcess | undefined;
  #sfu: ServerProcess | undefined;
  #signalingPort = 0;
  #sfuPort = 0;

  private constructor(options: PlatformOptions) {
    this.#options = options;
  }

  static async start(options: PlatformOptions = {}): Promise<Platform> {
    const platform = new Platform(options);
    try {
      if (options.sfu !== false) await platform.#startSfu();
      await platform.startSignaling();
      if (options.sfu !== false) {
        await until('signaling finds the SFU', async () => {
          const nodes = (await platform.metrics('signaling')).get('parley_sfu_nodes');
          return nodes === 1 ? null : `parley_sfu_nodes is ${nodes}`;
        });
      }
      return platform;
    } catch (error) {
      await platform.stop();
      throw new Error(`the platform did not start: ${String(error)}\n${platform.log}`, { cause: error });
    }
  }

  /** Where people open it: `http://127.0.0.1:PORT`. */
  get url(): string {
    return `http://127.0.0.1:${this.#signalingPort}`;
  }

  /** What the servers have logged (the last 400 lines). */
  get log(): string {
    return this.#log.join('\n');
  }

  async #startSfu(): Promise<void> {
    this.#sfu = this.#spawn('sfu-server', {
      HOST: '127.0.0.1',
      PORT: this.#sfuPort,
      RTC_PORT: 0,
      MEDIASOUP_WORKER_BIN: await prepared(),
      ...this.#options.sfuServer,
    });
    this.#sfuPort = await listening(this.#sfu);
  }

  /** Starts signaling: the first time on any free port, again on the same one. */
  async startSignaling(): Promise<void> {
    await prepared();
    this.#signaling = this.#spawn('signaling', {
      HOST: '127.0.0.1',
      PORT: this.#signalingPort,
      SESSION_SECRET,
      SFU_URLS: this.#sfuPort ? `http://127.0.0.1:${this.#sfuPort}` : '',
      ALLOWED_ORIGINS: (this.#options.allowedOrigins ?? []).join(','),
      STATIC_DIR: inRoot('web-client/demo/dist'),
      SDK_DIR: inRoot('web-client/sdk/dist'),
      ...this.#options.signaling,
    });
    this.#signalingPort = await listening(this.#signaling);
  }

  /** Ends signaling as an operator would (SIGTERM), or as a crash does. */
  async endSignaling(how: 'stop' | 'kill' = 'stop'): Promise<void> {
    const server = this.#signaling;
    if (how === 'kill') server?.kill();
    await server?.stop();
    await server?.exited;
  }

  /** Metrics of a server by name, summed over labels. */
  async metrics(server: 'signaling' | 'sfu-server'): Promise<Map<string, number>> {
    const port = server === 'signaling' ? this.#signalingPort : this.#sfuPort;
    const response = await fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(5_000) });
    const sums = new Map<string, number>();
    for (const line of (await response.text()).split('\n')) {
      const [, name, value] = /^([a-zA-Z_:]\w*)(?:\{[^}]*\})? (\S+)/.exec(line) ?? [];
      if (name !== undefined) sums.set(name, (sums.get(name) ?? 0) + Number(value));
    }
    return sums;
  }

  /** Waits until metrics of a server have these values. */
  async expectMetrics(server: 'signaling' | 'sfu-server', wanted: Readonly<Record<string, number>>): Promise<void> {
    await until(`metrics of ${server}`, async () => {
      const metrics = await this.metrics(server);
      const wrong = Object.entries(wanted).filter(([name, value]) => metrics.get(name) !== value);
      if (wrong.length === 0) return null;
      return wrong.map(([name, value]) => `${name} is ${metrics.get(name)}, should be ${value}.`).join(' ');
    });
  }

  async stop(): Promise<void> {
    await this.#signaling?.stop();
    await this.#sfu?.stop();
  }

  #spawn(name: 'signaling' | 'sfu-server', settings: Settings): ServerProcess {
    const env = { LOG_LEVEL: 'debug', CONTROL_SECRET, ...settings };
    return new ServerProcess({
      name,
      entry: `${name}/src/main.ts`,
      env: Object.fromEntries(Object.entries(env).map(([key, value]) => [key, String(value)])),
      onLog: (entry) => this.#keep(name, entry),
    });
  }

  #keep(name: string, { time, level, message, ...fields }: LogEntry): void {
    this.#log.push(`${String(time ?? '').slice(11, 23)} ${name} ${level} ${message} ${JSON.stringify(fields)}`);
    if (this.#log.length > KEPT_LOG_LINES) this.#log.shift();
  }
}

function listening(server: ServerProcess): Promise<number> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${server.name} does not listen`)), LISTEN_DEADLINE_MS);
  });
  return Promise.race([server.listening, late]).finally(() => clearTimeout(timer));
}
