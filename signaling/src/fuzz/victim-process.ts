import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createAccessToken } from '@parley/shared/access-token';
import { until } from '../testing/until.ts';
import type { Word } from './victim.ts';

const PROGRAM = fileURLToPath(new URL('./victim.ts', import.meta.url));
const KEPT_FAULTS = 20;
/** Attackers may be users with a token, too. */
const API_KEY = 'fuzz';
const API_SECRET = 'q7Wz+R2nV0tLk9xB-q7Wz+R2nV0tLk9xB';
/** So fast that limits must not end the game; those have their own tests. */
const SETTINGS = {
  PORT: '0',
  HOST: '127.0.0.1',
  API_KEYS: `${API_KEY}:${API_SECRET}`,
  RESUME_WINDOW_MS: '500',
  // Rooms of attackers are on the SFU for most of the time, and on the way there and back.
  MESH_MAX_PEERS: '3',
  MESH_RETURN_PEERS: '2',
  MESH_RETURN_AFTER_MS: '200',
  HANDOVER_DEADLINE_MS: '500',
  HANDOVER_BACKOFF_MS: '500',
  CONNECTIONS_MAX: '100000',
  ADDRESS_CONNECTIONS_MAX: '100000',
  ADDRESS_CONNECTS_PER_MINUTE: '1000000',
  USER_JOINS_PER_MINUTE: '1000000',
  USER_ENQUEUES_PER_MINUTE: '1000000',
  RATE_MEDIA: '1000000',
  RATE_ROOM: '1000000',
  RATE_SESSION: '1000000',
  RATE_QUEUE: '1000000',
  RATE_PRESENCE: '1000000',
};

export interface Memory {
  /** After garbage collection. */
  heapBytes: number;
  rssBytes: number;
}

/** A server in a process of its own, to be attacked. */
export class Victim {
  /** What it has logged as a warning or an error, and what ended it. */
  readonly faults: string[] = [];
  readonly port: number;
  #child: ChildProcess;
  #memory: Memory | undefined;
  #rooms: unknown[] | undefined;
  #exit: string | undefined;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
    child.on('message', (word: Word) => {
      if (word.type === 'fault' && this.faults.length < KEPT_FAULTS) this.faults.push(word.line);
      if (word.type === 'memory') this.#memory = word;
      if (word.type === 'rooms') this.#rooms = word.rooms;
    });
    child.on('exit', (code, signal) => {
      this.#exit = `ended with ${code ?? signal}`;
    });
  }

  static async start(settings: Record<string, string> = {}): Promise<Victim> {
    const child = fork(PROGRAM, [JSON.stringify({ ...SETTINGS, ...settings })], {
      execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const port = await new Promise<number>((resolve, reject) => {
      child.on('message', (word: Word) => {
        if (word.type === 'listening') resolve(word.port);
        if (word.type === 'fault') reject(new Error(word.line));
      });
      child.once('exit', (code) => reject(new Error(`the victim ended with ${code}`)));
    });
    child.removeAllListeners();
    return new Victim(child, port);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** An access token for someone who may do everything. */
  token(userId: string): string {
    const grants = { join: true, speak: true, listen: true, moderate: true };
    return createAccessToken({ apiKey: API_KEY, apiSecret: API_SECRET, userId, grants });
  }

  /** How it ended; undefined while it lives. */
  get exit(): string | undefined {
    return this.#exit;
  }

  async memory(): Promise<Memory> {
    this.#memory = undefined;
    this.#child.send('measure');
    await until('the victim to measure its memory', () => this.#memory !== undefined || this.#exit !== undefined);
    if (!this.#memory) throw new Error(`the victim ${this.#exit}`);
    return this.#memory;
  }

  /** Every room there is, as it is kept. */
  async rooms(): Promise<unknown[]> {
    this.#rooms = undefined;
    this.#child.send('rooms');
    await until('the victim to tell its rooms', () => this.#rooms !== undefined || this.#exit !== undefined);
    return this.#rooms ?? [];
  }

  /** The sum of a metric over its labels. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    return text
      .split('\n')
      .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  }

  close(): void {
    this.#child.kill('SIGKILL');
  }
}
