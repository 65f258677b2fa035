import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { nodeBin } from '../scripts/paths.mjs';
import type { ClientKind, Order, Report } from './crowd-orders.ts';

const PROGRAM = fileURLToPath(new URL('./crowd.ts', import.meta.url));
const DEADLINE_MS = 120_000;

type Answer<R extends Report['report']> = Extract<Report, { report: R }>;

/** Clients in a process of their own. */
export class CrowdProcess {
  readonly kind: ClientKind;
  readonly size: number;
  #child: ChildProcess;
  #failure: Error | undefined;
  #waiting = new Map<Report['report'], PromiseWithResolvers<never>>();

  constructor(kind: ClientKind, size: number) {
    this.kind = kind;
    this.size = size;
    // It ends when the channel to us does, so also when we are killed.
    this.#child = fork(PROGRAM, { execPath: nodeBin, execArgv: ['--disable-warning=ExperimentalWarning'] });
    this.#child.on('message', (report: Report) => this.#take(report));
    this.#child.on('error', (error) => this.#fail(error));
    this.#child.on('exit', (code, signal) => this.#fail(new Error(`a crowd has ended (${signal ?? code})`)));
  }

  async connect(port: number, speaks: 'socket.io' | 'websocket'): Promise<void> {
    await this.#ask({ order: 'connect', port, count: this.size, kind: this.kind, speaks }, 'connected');
  }

  join(from: number, size: number): Promise<Answer<'joined'>> {
    return this.#ask({ order: 'join', from, size }, 'joined');
  }

  /** Resolves when all listen, to a promise of when the last one will have heard it. */
  async listen(marker: string): Promise<{ heard: Promise<number> }> {
    const heard = this.#wait('heard').then(({ lastAt }) => lastAt);
    heard.catch(() => {});
    await this.#ask({ order: 'listen', marker }, 'listening');
    return { heard };
  }

  end(): void {
    this.#failure ??= new Error('the crowd was ended');
    this.#child.kill('SIGKILL');
  }

  #ask<R extends Report['report']>(order: Order, expected: R): Promise<Answer<R>> {
    const answer = this.#wait(expected);
    if (this.#child.connected) this.#child.send(order);
    return answer;
  }

  #wait<R extends Report['report']>(expected: R): Promise<Answer<R>> {
    if (this.#failure) return Promise.reject(this.#failure);
    const waiting = Promise.withResolvers<Answer<R>>();
    this.#waiting.set(expected, waiting as unknown as PromiseWithResolvers<never>);
    const late = setTimeout(() => this.#fail(new Error(`a crowd has not ${expected} in time`)), DEADLINE_MS);
    return waiting.promise.finally(() => clearTimeout(late));
  }

  #take(report: Report): void {
    if (report.report === 'failed') return this.#fail(new Error(report.message));
    this.#waiting.get(report.report)?.resolve(report as never);
    this.#waiting.delete(report.report);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
  }
}
