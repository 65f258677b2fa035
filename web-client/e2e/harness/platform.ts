import type { ServerProcess } from '../../../scripts/server-process.mjs';
import {
  asEnvironment,
  endServers,
  expectMetricsOf,
  LogKeeper,
  listening,
  metricsOf,
  type Settings,
  signalingSettings,
  spawnServer,
  startSfu,
} from './servers.ts';
import { until } from './until.ts';

export interface PlatformOptions {
  /** Origins besides the servers' own. */
  readonly allowedOrigins?: readonly string[];
  /** Settings of signaling, for example `{ MESH_MAX_PEERS: 3 }`. */
  readonly signaling?: Settings;
  readonly sfuServer?: Settings;
  /** Without an SFU server at all: false. */
  readonly sfu?: boolean;
  /** Flags of Chromium's, besides the usual. */
  readonly browserFlags?: readonly string[];
}

/** Real servers on free ports, as `npm start` joins them. */
export class Platform {
  readonly #options: PlatformOptions;
  readonly #log = new LogKeeper();
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
      if (options.sfu !== false) {
        platform.#sfu = await startSfu(platform.#log, options.sfuServer);
        platform.#sfuPort = await listening(platform.#sfu);
      }
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
    return this.#log.text;
  }

  /** Starts signaling: the first time on any free port, again on the same one. */
  async startSignaling(): Promise<void> {
    const settings = await signalingSettings({
      sfuPorts: this.#sfuPort ? [this.#sfuPort] : [],
      allowedOrigins: this.#options.allowedOrigins ?? [],
    });
    const env = asEnvironment({ PORT: this.#signalingPort, ...settings, ...this.#options.signaling });
    this.#signaling = spawnServer('signaling', env, this.#log);
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
    return metricsOf(this.#portOf(server));
  }

  /** Waits until metrics of a server have these values. */
  async expectMetrics(server: 'signaling' | 'sfu-server', wanted: Readonly<Record<string, number>>): Promise<void> {
    await expectMetricsOf(`metrics of ${server}`, () => metricsOf(this.#portOf(server)), wanted);
  }

  async stop(): Promise<void> {
    await endServers([this.#signaling, this.#sfu]);
  }

  #portOf(server: 'signaling' | 'sfu-server'): number {
    return server === 'signaling' ? this.#signalingPort : this.#sfuPort;
  }
}
