import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { SECRET } from './sfu.ts';
import { PATIENCE_MS, until } from './until.ts';
import { workerBin } from './worker-bin.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));

type Entry = { level: string; message: string } & Record<string, unknown>;

/** The server as a process of its own, as scripts start it. It is killed when the test ends. */
export class SfuProcess {
  readonly child: ChildProcess;
  /** Its log so far. */
  readonly entries: Entry[] = [];
  stdout = '';
  stderr = '';
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;

  constructor(t: TestContext, env: Record<string, string> = {}) {
    this.child = spawn(process.execPath, [MAIN], {
      stdio: ['ignore', 'pipe', 'pipe'],
      // A process group of its own, as a terminal gives one to what it runs.
      detached: true,
      env: {
        PORT: '0',
        RTC_PORT: '0',
        RTC_LISTEN_IPS: '127.0.0.1',
        WORKERS: '2',
        CONTROL_SECRET: SECRET,
        MEDIASOUP_WORKER_BIN: workerBin,
        ...env,
      },
    });
    let rest = '';
    this.child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      this.stdout += chunk;
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.entries.push(JSON.parse(line) as Entry);
    });
    this.child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      this.stderr += chunk;
    });
    this.exited = new Promise((resolve) => this.child.once('close', (code, signal) => resolve({ code, signal })));
    t.after(() => this.child.kill('SIGKILL'));
  }

  /** Waits for the first line of the log with that message. */
  logged(message: string): Promise<Entry> {
    return until(`"${message}" in the log`, () => {
      const entry = this.entries.find((one) => one.message === message);
      if (!entry && this.child.exitCode !== null) throw new Error(`it exited: ${this.stderr}`);
      return entry;
    });
  }

  async port(): Promise<number> {
    return (await this.logged('listening')).port as number;
  }

  /** The processes of its workers. */
  get workerPids(): number[] {
    return this.entries.filter((one) => one.message === 'worker started').map((one) => one.pid as number);
  }

  /** What Ctrl-C in a terminal does: a SIGINT to every process of the group. */
  interruptGroup(): void {
    assert.ok(this.child.pid);
    process.kill(-this.child.pid, 'SIGINT');
  }

  /** Waits for the end; killed when it does not come. */
  async end(): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    const timer = setTimeout(() => this.child.kill('SIGKILL'), PATIENCE_MS);
    const result = await this.exited;
    clearTimeout(timer);
    return result;
  }
}

/** Whether a process runs; one that has ended and waits for its parent to notice does not. */
export function runs(pid: number): boolean {
  const stat = `/proc/${pid}/stat`;
  if (!existsSync(stat)) return false;
  try {
    return !/\) [ZX] /.test(readFileSync(stat, 'utf8'));
  } catch {
    return false;
  }
}
