import type { Attempt, HeardHandover, JoinResult } from '@parley/shared/protocol';
import type { Logger } from '@parley/shared/runtime';
import type { Playback } from '../playback/playback.ts';
import type { Connection } from '../signaling/connection.ts';
import type { RoomStats } from '../types.ts';
import { FirstAudio } from './first-audio.ts';
import type { Paths } from './paths.ts';
import { QualityReporter } from './quality-reporter.ts';
import type { Roster } from './roster.ts';
import { StatsCollector } from './stats.ts';
import type { TopologyFollower } from './topology-follower.ts';

export interface ReportingOptions {
  connection: Connection;
  joined: JoinResult;
  /** When the room was asked for, in ms since the epoch by the page's monotonic clock. */
  askedAt: number;
  /** Whether someone was there to be heard when we joined. */
  audible: boolean;
  topology: TopologyFollower;
  paths: Paths;
  playback: Playback;
  roster: Roster;
  /** Whether signaling knows us as a member. */
  isOnline: () => boolean;
  log: Logger;
}

/** How the room sounds here: figures for whoever asks, and for signaling. Part of what is loaded later, see `Quality`. */
export class Reporting {
  readonly #options: ReportingOptions;
  readonly #stats = new StatsCollector();
  readonly #firstAudio: FirstAudio | null;
  readonly #reporter: QualityReporter;

  constructor(options: ReportingOptions) {
    const { connection, joined, askedAt, audible, topology, paths, playback, roster, isOnline, log } = options;
    this.#options = options;
    const sources = () => [...playback.speakers].flatMap((speaker) => speaker.source ?? []);
    this.#firstAudio = audible ? new FirstAudio({ askedAt, sources }) : null;
    // A collector of its own: figures are "since the last call", and others call too.
    const reported = new StatsCollector();
    this.#reporter = new QualityReporter({
      roomId: joined.snapshot.roomId,
      path: () => ({ kind: topology.kind, epoch: topology.activeEpoch }),
      stats: () => reported.collect(roster.others, playback, paths.all),
      takeFirstAudio: () => this.#firstAudio?.take() ?? null,
      hasOthers: () => roster.others.length > 0,
      isOnline,
      send: (report) => connection.request('quality:report', report),
      log,
    });
  }

  noteAttempt(attempt: Attempt): void {
    this.#reporter.noteAttempt(attempt);
  }

  noteHandover(heard: HeardHandover): void {
    this.#reporter.noteHandover(heard);
  }

  stats(): Promise<RoomStats> {
    const { roster, playback, paths } = this.#options;
    return this.#stats.collect(roster.others, playback, paths.all);
  }

  /** After the paths have closed. @param left on one's own account: what has not been told yet is told now */
  close(left: boolean): void {
    const last = this.#reporter.close();
    this.#firstAudio?.close();
    const { connection, isOnline } = this.#options;
    if (last && left && isOnline()) connection.tell('quality:report', last);
  }
}
