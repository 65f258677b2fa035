import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { LogKeeper, metricsOf, type Servers, until } from '@parley/e2e/harness';
import { ensureBuild } from '../../scripts/build.mjs';
import { ChildProgram } from '../../scripts/child-program.mjs';
import { inRoot } from '../../scripts/paths.mjs';
import { freePort } from '../../scripts/ports.mjs';
import { RedisProcess } from '../../scripts/redis-process.mjs';
import { ServerProcess } from '../../scripts/server-process.mjs';
import { TurnProcess } from '../../scripts/turn-process.mjs';
import { ensureWorker } from '../../scripts/worker.mjs';
import { inDeploy, programOf } from '../test/checkers.ts';
import { type Compose, compose, type Service, serversOf } from '../test/compose.ts';
import { filledEnv } from '../test/example-env.ts';
import { nginxArguments, writeNginx } from '../test/nginx.ts';
import { writeCertificate } from './certificate.ts';

const DRAIN_DEADLINE_MS = 70_000;
const KEPT_LOG_LINES = 2_000;
/** Prometheus' file, and here: the first look of all targets is over soon. */
const SCRAPE_INTERVALS = [/15s/g, '1s'] as const;

type ServerKind = 'signaling' | 'sfu';

/** A server of docker-compose.yml, as a process. */
export class Node {
  readonly name: string;
  readonly port: number;
  readonly #start: () => ServerProcess;
  #server: ServerProcess;

  constructor(name: string, port: number, start: () => ServerProcess) {
    this.name = name;
    this.port = port;
    this.#start = start;
    this.#server = start();
  }

  get listening(): Promise<number> {
    return this.#server.listening;
  }

  metrics(): Promise<Map<string, number>> {
    return metricsOf(this.port);
  }

  /**
   * As `docker compose stop`: SIGTERM to the main process alone, and the time it needs.
   * @param meanwhile is done while it drains
   * @returns how it ended
   */
  async stop(meanwhile: () => Promise<void> = async () => {}): Promise<string> {
    if (this.#server.pid && !this.#server.hasExited) process.kill(this.#server.pid, 'SIGTERM');
    const timer = setTimeout(() => this.#server.kill(), DRAIN_DEADLINE_MS);
    await meanwhile();
    const how = await this.#server.exited;
    clearTimeout(timer);
    return how;
  }

  async startAgain(): Promise<void> {
    this.#server = this.#start();
    await this.#server.listening;
  }

  async kill(): Promise<void> {
    this.#server.kill();
    await this.#server.exited;
  }
}

/** All of docker-compose.yml as processes of this machine, on free ports, with the values it gives its containers. */
export class Topology implements Servers {
  readonly nodes: Record<ServerKind, Node[]> = { signaling: [], sfu: [] };
  readonly #folder: string;
  readonly #log = new LogKeeper(KEPT_LOG_LINES);
  readonly #programs: ChildProgram[] = [];
  #redis: RedisProcess | undefined;
  #nginx: ChildProgram | undefined;
  #turn: TurnProcess | undefined;
  httpsPort = 0;
  httpPort = 0;
  prometheusPort = 0;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** @param more settings of signaling besides those of docker-compose.yml */
  static async start(
    allowedOrigins: readonly string[],
    more: Readonly<Record<string, string>> = {},
  ): Promise<Topology> {
    const topology = new Topology(await mkdtemp(join(tmpdir(), 'parley-topology-')));
    try {
      await topology.#start(allowedOrigins, more);
      return topology;
    } catch (error) {
      await topology.stop();
      throw new Error(`the topology did not start: ${String(error)}\n${topology.log}`, { cause: error });
    }
  }

  get url(): string {
    return `https://localhost:${this.httpsPort}`;
  }

  get log(): string {
    return [this.#log.text, ...this.#programs.map(({ output }) => output), this.#turn?.output].join('\n');
  }

  /** The certificate that nginx should be showing. */
  certificate(): Promise<string> {
    return readFile(join(this.#folder, 'fullchain.pem'), 'utf8');
  }

  /** Why Prometheus does not see what it should, in its own words. */
  async scrapeErrors(): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${this.prometheusPort}/api/v1/targets`);
    const { data } = (await response.json()) as { data: { activeTargets: { scrapeUrl: string; lastError: string }[] } };
    return data.activeTargets.map(({ scrapeUrl, lastError }) => `${scrapeUrl}: ${lastError || 'well'}`).join('\n');
  }

  /** As a certificate client does: other files, and a word to those who show them. */
  async renewCertificate(): Promise<void> {
    await writeCertificate(this.#folder);
    this.#nginx?.signal('SIGHUP');
    this.#turn?.reloadCertificate();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.stop()));
    await Promise.all([...this.nodes.signaling, ...this.nodes.sfu].map((node) => node.kill()));
    await this.#redis?.close();
    await this.#turn?.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #start(allowedOrigins: readonly string[], more: Readonly<Record<string, string>>): Promise<void> {
    await ensureBuild();
    const worker = await ensureWorker();
    const env = { ...filledEnv((name) => `${name}-of-the-topology-test`), PARLEY_DOMAIN: 'localhost' };
    const file = compose({ ...env, ALLOWED_ORIGINS: allowedOrigins.join(','), LOG_LEVEL: 'debug' });
    const { redis: cache } = file.services;
    this.#redis = await RedisProcess.start(cache?.command?.slice(1));

    const addresses = new Map([['redis:6379', `127.0.0.1:${this.#redis.port}`]]);
    await writeCertificate(this.#folder);
    this.#turn = await this.#startTurn(file);
    addresses.set('turn:localhost,turns:localhost:5349', `${this.#turn.url},turns:localhost:${this.#turn.tlsPort}`);
    const ports = new Map<string, number>();
    for (const [name, service] of [...serversOf(file, 'signaling'), ...serversOf(file, 'sfu')]) {
      const port = await freePort();
      ports.set(name, port);
      for (const host of [name, addressOf(service)]) {
        if (host) addresses.set(`${host}:${service.environment?.PORT}`, `127.0.0.1:${port}`);
      }
    }
    addresses.set(addressOf(file.services.nginx) ?? '', '127.0.0.1');
    const here = (service: Service | undefined) => translated(service?.environment ?? {}, addresses);

    const start = (kind: ServerKind, entry: string, own: Readonly<Record<string, string>>) => {
      for (const [name, service] of serversOf(file, kind)) {
        const port = ports.get(name) ?? 0;
        const settings = { ...here(service), HOST: '127.0.0.1', PORT: String(port), ...own };
        const node = new Node(name, port, () => {
          return new ServerProcess({ name, entry, env: settings, onLog: (line) => this.#log.add(name, line) });
        });
        this.nodes[kind].push(node);
      }
    };
    // Which ports the workers have is no matter here, as long as nobody else has them.
    start('sfu', 'sfu-server/src/main.ts', { RTC_PORT: '0', MEDIASOUP_WORKER_BIN: worker });
    const pages = { STATIC_DIR: inRoot('web-client/demo/dist'), SDK_DIR: inRoot('web-client/sdk/dist') };
    start('signaling', 'signaling/src/main.ts', { ...pages, ...more });
    await Promise.all([...this.nodes.signaling, ...this.nodes.sfu].map((node) => node.listening));
    await this.#startNginx(here(file.services.nginx));
    await this.#startPrometheus(ports, file);
    await this.#settled();
  }

  /** On loopback, which it relays to for nobody else. */
  #startTurn(file: Compose): Promise<TurnProcess> {
    const [[, service] = []] = serversOf(file, 'turn');
    const { TURN_EXTERNAL_IP: _, ...settings } = service?.environment ?? {};
    return TurnProcess.start({
      ...settings,
      TURN_CERT: join(this.#folder, 'fullchain.pem'),
      TURN_KEY: join(this.#folder, 'privkey.pem'),
    });
  }

  async #startNginx(env: Readonly<Record<string, string>>): Promise<void> {
    this.httpsPort = await freePort();
    this.httpPort = await freePort();
    const configuration = await writeNginx(this.#folder, {
      ...env,
      HTTP_PORT: String(this.httpPort),
      HTTPS_PORT: String(this.httpsPort),
      TLS_CERTIFICATE: join(this.#folder, 'fullchain.pem'),
      TLS_KEY: join(this.#folder, 'privkey.pem'),
    });
    this.#nginx = new ChildProgram(programOf('nginx-light'), nginxArguments(this.#folder, configuration));
    this.#programs.push(this.#nginx);
  }

  async #startPrometheus(ports: ReadonlyMap<string, number>, file: Compose): Promise<void> {
    const folder = join(this.#folder, 'prometheus');
    await cp(inDeploy('prometheus'), folder, { recursive: true });
    const configuration = join(folder, 'prometheus.yml');
    await writeFile(configuration, (await readFile(configuration, 'utf8')).replace(...SCRAPE_INTERVALS));
    for (const kind of ['signaling', 'sfu'] as const) {
      const path = join(folder, 'targets', `${kind}.yml`);
      const text = await readFile(path, 'utf8');
      const names = serversOf(file, kind).map(([name, { environment }]) => [name, environment?.PORT] as const);
      const replaced = names.reduce(
        (all, [name, port]) => all.replace(`${name}:${port}`, `127.0.0.1:${ports.get(name)}`),
        text,
      );
      await writeFile(path, replaced);
    }
    await mkdir(join(folder, 'data'));
    this.prometheusPort = await freePort();
    this.#programs.push(
      new ChildProgram(join(dirname(programOf('prometheus')), 'prometheus'), [
        `--config.file=${configuration}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${this.prometheusPort}`,
      ]),
    );
  }

  /** Waits until the nodes have found each other. */
  async #settled(): Promise<void> {
    const { signaling, sfu } = this.nodes;
    await until('the nodes to find each other', async () => {
      const seen = await Promise.all(signaling.map((node) => node.metrics()));
      const wrong = seen.filter(
        (it) => it.get('parley_nodes') !== signaling.length || it.get('parley_sfu_nodes') !== sfu.length,
      );
      return wrong.length === 0 ? null : `${wrong.length} of ${seen.length} do not see all.`;
    });
  }
}

/** The fixed address of a container, where it has one. */
function addressOf(service: Service | undefined): string | undefined {
  const { networks } = (service ?? {}) as { networks?: { parley?: { ipv4_address?: string } } };
  return networks?.parley?.ipv4_address;
}

/** An environment with other addresses in place of those of containers. */
function translated(
  env: Readonly<Record<string, string>>,
  addresses: ReadonlyMap<string, string>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => [
      name,
      [...addresses].reduce((text, [from, to]) => text.replaceAll(from, to), value),
    ]),
  );
}
