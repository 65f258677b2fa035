import type { HeardHandover } from '@parley/shared/protocol';
import { loadReporting } from '../parts.ts';
import type { RoomStats } from '../types.ts';
import type { Reporting, ReportingOptions } from './reporting.ts';

/** So much of what happens before the part that reports it is there is kept for it. */
const EARLY_MAX = 32;

export type QualityOptions = Omit<ReportingOptions, 'audible'>;

/** How the room sounds here. What measures and reports it is loaded when the room is joined: no call waits for it. */
export class Quality {
  readonly #options: ReportingOptions;
  #reporting: Reporting | null = null;
  readonly #early: ((reporting: Reporting) => void)[] = [];
  #closed = false;

  /** Once the roster knows who is there. */
  constructor(options: QualityOptions) {
    const { roster, paths, log } = options;
    this.#options = { ...options, audible: roster.others.some(({ muted }) => !muted) };
    paths.on('attempted', (attempt) => this.#tell((reporting) => reporting.noteAttempt(attempt)));
    this.#load().catch((error) => log.warn('quality is not reported', { error }));
  }

  noteHandover(heard: HeardHandover): void {
    this.#tell((reporting) => reporting.noteHandover(heard));
  }

  /** @throws {ParleyError} `connection_lost` when what measures cannot be loaded */
  async stats(): Promise<RoomStats> {
    return (await this.#load()).stats();
  }

  /** After the paths have closed. @param left on one's own account: what has not been told yet is told now */
  close(left: boolean): void {
    this.#closed = true;
    this.#reporting?.close(left);
  }

  async #load(): Promise<Reporting> {
    const { Reporting } = await loadReporting();
    if (this.#reporting) return this.#reporting;
    const reporting = new Reporting(this.#options);
    this.#reporting = reporting;
    for (const tell of this.#early.splice(0)) tell(reporting);
    if (this.#closed) reporting.close(false);
    return reporting;
  }

  #tell(what: (reporting: Reporting) => void): void {
    if (this.#reporting) what(this.#reporting);
    else if (this.#early.length < EARLY_MAX) this.#early.push(what);
  }
}
