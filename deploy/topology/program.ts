import { type ChildProcess, spawn } from 'node:child_process';

const KEPT_OUTPUT = 20_000;
const STOP_DEADLINE_MS = 5_000;
/** Kills the process group it is given once its own input ends: once we are gone. */
const WATCHDOG = 'cat > /dev/null; kill -9 -- "-$1"';

/** A program of the operating system's that runs as long as a test; whatever it starts ends with it, and all with us. */
export class Program {
  readonly #child: ChildProcess;
  readonly #watchdog: ChildProcess;
  readonly #exited: Promise<void>;
  #output = '';
  hasExited = false;

  /** @param path of an executable */
  constructor(path: string, args: readonly string[]) {
    this.#child = spawn(path, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const keep = (chunk: Buffer) => {
      this.#output = (this.#output + String(chunk)).slice(-KEPT_OUTPUT);
    };
    this.#child.stdout?.on('data', keep);
    this.#child.stderr?.on('data', keep);
    this.#exited = new Promise((resolve) => {
      const ended = () => {
        this.hasExited = true;
        resolve();
      };
      this.#child.once('error', (error) => {
        this.#output += error.message;
        ended();
      });
      this.#child.once('close', ended);
    });
    this.#watchdog = spawn('/bin/sh', ['-c', WATCHDOG, 'sh', String(this.#child.pid)], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.#watchdog.on('error', () => {});
  }

  /** What it has said, the last of it. */
  get output(): string {
    return this.#output;
  }

  /** A signal to the program alone. */
  signal(name: NodeJS.Signals): void {
    if (!this.hasExited) this.#child.kill(name);
  }

  async stop(): Promise<void> {
    this.signal('SIGTERM');
    const timer = setTimeout(() => this.#child.pid && process.kill(-this.#child.pid, 'SIGKILL'), STOP_DEADLINE_MS);
    await this.#exited;
    clearTimeout(timer);
    this.#watchdog.kill('SIGKILL');
  }
}
