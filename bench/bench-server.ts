import { readFileSync } from 'node:fs';
import { type LogEntry, ServerProcess } from '../scripts/server-process.mjs';

const ADMIN_KEY = 'the-key-of-the-bench';
const DEADLINE_MS = 30_000;

/** A server in a process of its own, and what can be asked of it. */
export abstract class BenchServer {
  readonly process: ServerProcess;
  #port = 0;
  #complaints: string[] = [];

  constructor(name: string, entry: string, env: Record<string, string | undefined>) {
    this.process = new ServerProcess({ name, entry, env, onLog: (line) => this.#keep(line) });
  }

  /** What is sent to all is this text, which has the marker in it. */
  abstract broadcast(marker: string): Promise<void>;

  get port(): number {
    return this.#port;
  }

  async listen(): Promise<void> {
    this.#port = await this.process.listening.catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.#complaints.join('\n')}`, { cause: error });
    });
  }

  /** Resident memory in KB. */
  rss(): number {
    const status = readFileSync(`/proc/${this.process.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]);
  }

  stop(): Promise<void> {
    return this.process.stop();
  }

  kill(): void {
    this.process.kill();
  }

  /** @throws {Error} when the server has complained of something */
  expectNoComplaints(): void {
    if (this.#complaints.length > 0)
      throw new Error(`${this.process.name}: ${this.#complaints.slice(0, 5).join('\n')}`);
  }

  protected async fetch(path: string, init: RequestInit = {}): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${this.#port}${path}`, {
      ...init,
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`);
    return text;
  }

  #keep(entry: LogEntry): void {
    if (entry.level !== 'info' && this.#complaints.length < 100) this.#complaints.push(JSON.stringify(entry));
  }
}

/** What goes round is about 0.3 KB in all. */
const FILLING = 'x'.repeat(230);

const appEvent = (marker: string) => ({ name: 'bench', data: { marker, filling: FILLING } });

/** The real one. */
export class SignalingServer extends BenchServer {
  constructor(settings: Record<string, string>) {
    super('signaling', 'signaling/src/main.ts', {
      HOST: '127.0.0.1',
      PORT: '0',
      ADMIN_KEY,
      LOG_LEVEL: 'warn',
      STATIC_DIR: undefined,
      SDK_DIR: undefined,
      SFU_URLS: undefined,
      REDIS_URL: undefined,
      ...settings,
    });
  }

  /** Everyone connected gets an app event. */
  async broadcast(marker: string): Promise<void> {
    const headers = { Authorization: `Bearer ${ADMIN_KEY}`, 'Content-Type': 'application/json' };
    await this.fetch('/v1/events', { method: 'POST', headers, body: JSON.stringify(appEvent(marker)) });
  }

  /** 99th percentile of the event loop's lag since it was asked for last, in ms, as the server itself measures it. */
  async loopLag(): Promise<number> {
    return (await this.metric('nodejs_eventloop_lag_p99_seconds')) * 1e3;
  }

  async metric(name: string): Promise<number> {
    const line = (await this.fetch('/metrics')).split('\n').find((it) => it.startsWith(`${name} `));
    if (line === undefined) throw new Error(`there is no metric ${name}`);
    return Number(line.slice(name.length + 1));
  }
}

/** The limit (see limit-server.ts). */
export class LimitServer extends BenchServer {
  constructor() {
    super('limit', 'bench/limit-server.ts', {});
  }

  /** The same bytes as the real one sends. */
  async broadcast(marker: string): Promise<void> {
    await this.fetch('/', { method: 'POST', body: `42${JSON.stringify(['app:event', appEvent(marker)])}` });
  }
}
