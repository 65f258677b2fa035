import { FaultyLink } from '../../../scripts/faulty-link.mjs';
import { freePort } from '../../../scripts/ports.mjs';
import type { LogEntry, ServerProcess } from '../../../scripts/server-process.mjs';
import {
  asEnvironment,
  endServers,
  expectMetricsOf,
  type Log,
  LogKeeper,
  listening,
  metricsOf,
  type Servers,
  type Settings,
  signalingSettings,
  spawnServer,
  startSfu,
} from './servers.ts';
import { until } from './until.ts';

export interface FleetOptions {
  readonly allowedOrigins?: readonly string[];
  /** SFU servers. */
  readonly sfus?: number;
  readonly signaling?: Settings;
  readonly sfuServer?: Settings;
}

const KEPT_LOG_LINES = 2_000;

/** An SFU server that can be killed, hung, drained, cut off and started again, always on the same port. */
export class FleetNode {
  readonly id: string;
  readonly port: number;
  /** Signaling's way to it. */
  readonly link: FaultyLink;
  readonly #log: LogKeeper;
  readonly #settings: Settings;
  /** Worker index to the process of the worker. */
  readonly #workers = new Map<number, number>();
  /** Room to the index of the worker it was opened on. */
  readonly #rooms = new Map<string, number>();
  #server: ServerProcess | undefined;

  constructor(of: { id: string; port: number; link: FaultyLink; log: LogKeeper; settings: Settings }) {
    this.id = of.id;
    this.port = of.port;
    this.link = of.link;
    this.#log = of.log;
    this.#settings = of.settings;
  }

  async start(): Promise<void> {
    this.#workers.clear();
    this.#rooms.clear();
    const log: Log = { add: (_name, entry) => this.#follow(entry) };
    this.#server = await startSfu(log, { ...this.#settings, PORT: this.port, NODE_ID: this.id });
    await listening(this.#server);
    await this.link.listen();
  }

  get isUp(): boolean {
    return this.#server !== undefined && !this.#server.hasExited;
  }

  get rooms(): readonly string[] {
    return this.isUp ? [...this.#rooms.keys()] : [];
  }

  /** The processes of its workers. */
  get workers(): readonly number[] {
    return [...this.#workers.values()];
  }

  /** Its metrics by name, summed over labels. */
  metrics(): Promise<Map<string, number>> {
    return metricsOf(this.port);
  }

  /** Waits until its metrics have these values. */
  async expectMetrics(wanted: Readonly<Record<string, number>>): Promise<void> {
    await expectMetricsOf(`metrics of ${this.id}`, () => metricsOf(this.port), wanted);
  }

  /** The process of the worker that has a room. @throws {Error} when none of this node's has */
  workerOf(room: string): number {
    const pid = this.#workers.get(this.#rooms.get(room) ?? -1);
    if (pid === undefined) throw new Error(`${this.id} has no worker with room ${room}`);
    return pid;
  }

  /** As a machine that loses its power: the server and its workers are gone at once. */
  async kill(): Promise<void> {
    this.#server?.kill();
    // What stands in for its port refuses connections as that does.
    await Promise.all([this.#server?.exited, this.link.close()]);
  }

  /** As an operator who takes it out: SIGTERM to the server alone, which has the time it needs. */
  async drain(): Promise<void> {
    if (this.#server?.pid) process.kill(this.#server.pid, 'SIGTERM');
    await this.#server?.exited;
  }

  async close(): Promise<void> {
    await this.kill();
  }

  #follow(entry: LogEntry): void {
    this.#log.add(this.id, entry);
    const { message, worker, pid, room } = entry as LogEntry & { worker: number; pid: number; room: string };
    if (message === 'worker started') this.#workers.set(worker, pid);
    else if (message === 'room opened') this.#rooms.set(room, worker);
    else if (message === 'room closed') this.#rooms.delete(room);
  }
}

/** One signaling node and several SFU servers, each of which can fail. */
export class Fleet implements Servers {
  readonly #options: FleetOptions;
  readonly #log = new LogKeeper(KEPT_LOG_LINES);
  readonly sfus: FleetNode[] = [];
  #signaling: ServerProcess | undefined;
  #signalingPort = 0;

  private constructor(options: FleetOptions) {
    this.#options = options;
  }

  static async start(options: FleetOptions = {}): Promise<Fleet> {
    const fleet = new Fleet(options);
    try {
      for (let i = 0; i < (options.sfus ?? 2); i += 1) {
        const port = await freePort();
        const link = await FaultyLink.to(port);
        const settings = options.sfuServer ?? {};
        fleet.sfus.push(new FleetNode({ id: `sfu-${i + 1}`, port, link, log: fleet.#log, settings }));
      }
      await Promise.all(fleet.sfus.map((node) => node.start()));
      fleet.#signalingPort = await freePort();
      await fleet.startSignaling();
      return fleet;
    } catch (error) {
      await fleet.stop();
      throw new Error(`the fleet did not start: ${String(error)}\n${fleet.log}`, { cause: error });
    }
  }

  get url(): string {
    return `http://127.0.0.1:${this.#signalingPort}`;
  }

  get log(): string {
    return this.#log.text;
  }

  /** The node that has the only room there is. @throws {Error} when there is none, or more than one */
  get home(): { node: FleetNode; room: string; worker: number } {
    const homes = this.sfus.flatMap((node) => node.rooms.map((room) => ({ node, room })));
    const [home] = homes;
    if (!home || homes.length > 1)
      throw new Error(`${homes.length} rooms: ${homes.map(({ room }) => room).join(', ')}`);
    return { ...home, worker: home.node.workerOf(home.room) };
  }

  async startSignaling(): Promise<void> {
    const settings = await signalingSettings({
      sfuPorts: this.sfus.map(({ link }) => link.port),
      allowedOrigins: this.#options.allowedOrigins ?? [],
    });
    const env = asEnvironment({ PORT: this.#signalingPort, ...settings, ...this.#options.signaling });
    this.#signaling = spawnServer('signaling', env, this.#log);
    await listening(this.#signaling);
    await this.expectNodes();
  }

  /** As a crash. */
  async killSignaling(): Promise<void> {
    this.#signaling?.kill();
    await this.#signaling?.exited;
  }

  /** Waits until signaling is linked with this many SFU nodes; by default with all. */
  async expectNodes(count = this.sfus.length): Promise<void> {
    await until(`signaling has ${count} SFU nodes`, async () => {
      const nodes = (await metricsOf(this.#signalingPort)).get('parley_sfu_nodes');
      return nodes === count ? null : `parley_sfu_nodes is ${nodes}`;
    });
  }

  async stop(): Promise<void> {
    await Promise.all([endServers([this.#signaling]), ...this.sfus.map((node) => node.close())]);
  }
}
