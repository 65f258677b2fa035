import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { nodeBin } from '../../scripts/paths.mjs';
import type { Local, Remote } from './media-client.ts';
import type { Heard, Order, Report } from './orders.ts';

const PROGRAM = fileURLToPath(new URL('./listeners.ts', import.meta.url));
const DEADLINE_MS = 120_000;

/** Listeners in a process of their own. It ends with ours. */
export class ListenerProcess {
  readonly #child: ChildProcess = fork(PROGRAM, {
    execPath: nodeBin,
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  /** One order at a time. */
  #last: Promise<unknown> = Promise.resolve();

  async prepare(count: number): Promise<readonly Local[]> {
    return (await this.#ask({ order: 'prepare', count }, 'prepared')).locals;
  }

  async connect(remotes: readonly Remote[], decrypts: boolean): Promise<void> {
    await this.#ask({ order: 'connect', remotes, decrypts }, 'connected');
  }

  async reset(): Promise<void> {
    await this.#ask({ order: 'reset' }, 'reset');
  }

  async read(): Promise<Heard> {
    return (await this.#ask({ order: 'read' }, 'read')).heard;
  }

  end(): void {
    this.#child.kill('SIGKILL');
  }

  #ask<R extends Report['report']>(order: Order, expected: R): Promise<Extract<Report, { report: R }>> {
    const asking = this.#last.then(
      () =>
        new Promise<Extract<Report, { report: R }>>((resolve, reject) => {
          const end = (act: () => void) => {
            clearTimeout(late);
            this.#child.off('message', answered).off('exit', gone);
            act();
          };
          const answered = (report: Report) => {
            if (report.report === expected) end(() => resolve(report as Extract<Report, { report: R }>));
            else end(() => reject(new Error(report.report === 'failed' ? report.message : `not ${report.report}`)));
          };
          const gone = () => end(() => reject(new Error('the listeners have ended')));
          const late = setTimeout(() => end(() => reject(new Error(`not ${expected} in time`))), DEADLINE_MS);
          this.#child.on('message', answered).on('exit', gone);
          this.#child.send(order);
        }),
    );
    this.#last = asking.catch(() => {});
    return asking;
  }
}
