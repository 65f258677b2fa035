import type { TestContext } from 'node:test';
import { type Clock, type Logger, silentLogger, systemClock } from '@parley/shared/runtime';
import type { Bus } from '../cluster/bus.ts';
import { type Config, readConfig } from '../config.ts';
import { type Signaling, startSignaling } from '../server.ts';
import { FakeSfu } from '../sfu/sfu.fake.ts';
import type { RoomStore } from '../store/room-store.ts';
import { TestClient, type TestClientOptions } from './client.ts';
import { until } from './until.ts';

export const SESSION_SECRET = 'a-secret-for-the-tests-only';

/** Tests ask faster than people do; those about limits set their own. */
const WIDE_LIMITS = Object.fromEntries(
  [
    'ADDRESS_CONNECTIONS_MAX',
    'ADDRESS_CONNECTS_PER_MINUTE',
    'USER_JOINS_PER_MINUTE',
    'USER_ENQUEUES_PER_MINUTE',
    'RATE_MEDIA',
    'RATE_ROOM',
    'RATE_SESSION',
    'RATE_QUEUE',
    'RATE_PRESENCE',
  ].map((name) => [name, '1000000']),
);

export interface TestServerOptions {
  env?: Record<string, string>;
  config?: Partial<Config>;
  sfu?: FakeSfu;
  clock?: Clock;
  logger?: Logger;
}

/** A real server on a free port of this machine, its SFU a fake unless a test brings its own. */
export class TestServer {
  readonly store: RoomStore;
  readonly bus: Bus;
  readonly sfu: FakeSfu;
  readonly url: string;
  #signaling: Signaling;

  constructor(signaling: Signaling, sfu: FakeSfu) {
    this.#signaling = signaling;
    this.store = signaling.cluster.stores.rooms;
    this.bus = signaling.cluster.bus;
    this.sfu = sfu;
    this.url = `http://127.0.0.1:${signaling.port}`;
  }

  static async start(t: TestContext, options: TestServerOptions = {}): Promise<TestServer> {
    const { sfu = new FakeSfu('sfu-1'), clock = systemClock, logger = silentLogger } = options;
    const env = { PORT: '0', HOST: '127.0.0.1', NODE_ID: 'node-1', SESSION_SECRET, ...WIDE_LIMITS, ...options.env };
    const random = { id: () => 'node', secret: () => 'secret' };
    const config = { ...readConfig(env, random), ...options.config };
    const server = new TestServer(await startSignaling({ config, sfu, clock, logger }), sfu);
    t.after(() => server.close());
    return server;
  }

  get port(): number {
    return this.#signaling.port;
  }

  /** Sends everyone elsewhere. */
  drain(): Promise<void> {
    return this.#signaling.drain();
  }

  /** As SIGTERM does it. */
  close(): Promise<void> {
    return this.#signaling.close();
  }

  async connect(t: TestContext, options: TestClientOptions = {}): Promise<TestClient> {
    const client = new TestClient(this.url, options);
    t.after(() => client.close());
    await client.connected();
    return client;
  }

  /** Someone connected and in a room. */
  async member(t: TestContext, name: string, roomId = 'lobby'): Promise<TestClient> {
    const client = await this.connect(t);
    await client.join(roomId, name);
    return client;
  }

  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    const line = text.split('\n').find((it) => it.startsWith(`${name} `));
    return Number(line?.slice(name.length + 1));
  }

  /** Until no room is left. */
  async empty(): Promise<void> {
    await until('no rooms', async () => (await this.store.count()) === 0);
  }
}
