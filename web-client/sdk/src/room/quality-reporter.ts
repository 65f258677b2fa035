import type { Attempt, HeardHandover, QualityReport } from '@parley/shared/protocol';
import { type Clock, type Logger, systemClock, type Timer } from '@parley/shared/runtime';
import type { ParticipantStats, RoomStats, TopologyKind } from '../types.ts';

/** How often a room is reported, in ms. */
const EVERY_MS = 10_000;
/** The counters are first read after so long, in ms: the first report tells of what came since. */
const BASELINE_MS = 1_000;
/** The most attempts one report tells of; the protocol allows as many. */
const ATTEMPTS_MAX = 32;
/** The same of handovers. Said here again: the schemas are not to be loaded with the page. */
const HANDOVERS_MAX = 8;
const MINUTE_MS = 60_000;
const GIGABIT = 1e9;

export interface QualityReporterOptions {
  roomId: string;
  /** The path the room is on. */
  path: () => { kind: TopologyKind; epoch: number };
  /** Figures since the last call. */
  stats: () => Promise<RoomStats>;
  takeFirstAudio: () => number | null;
  hasOthers: () => boolean;
  isOnline: () => boolean;
  send: (report: QualityReport) => Promise<unknown>;
  log: Logger;
  clock?: Clock;
}

/** Tells signaling every 10 s how the room sounds here. A report that cannot go out now is dropped, not kept. */
export class QualityReporter {
  readonly #options: QualityReporterOptions;
  readonly #clock: Clock;
  #attempts: Attempt[] = [];
  #handovers: HeardHandover[] = [];
  #timer: Timer | undefined;
  #closed = false;

  constructor(options: QualityReporterOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#timer = this.#clock.after(BASELINE_MS, () => void this.#begin());
  }

  noteAttempt(attempt: Attempt): void {
    if (this.#attempts.length < ATTEMPTS_MAX) {
      this.#attempts.push({ ...attempt, ms: Math.min(attempt.ms, 10 * MINUTE_MS) });
    }
  }

  /** Of more than one report tells, the later ones are left out. */
  noteHandover({ from, to, silenceMs }: HeardHandover): void {
    if (this.#handovers.length < HANDOVERS_MAX) {
      this.#handovers.push({ from, to, silenceMs: Math.min(silenceMs, 10 * MINUTE_MS) });
    }
  }

  /** The room is over. Returns what has not been told yet, if it is worth telling. */
  close(): QualityReport | null {
    if (this.#closed) return null;
    this.#closed = true;
    this.#clock.cancel(this.#timer);
    const firstAudioMs = this.#options.takeFirstAudio();
    if (this.#attempts.length === 0 && this.#handovers.length === 0 && firstAudioMs === null) return null;
    return this.#report({ participants: new Map(), sendBitrate: null }, firstAudioMs);
  }

  async #begin(): Promise<void> {
    await this.#options.stats().catch(() => undefined);
    this.#schedule();
  }

  #schedule(): void {
    if (!this.#closed) this.#timer = this.#clock.after(EVERY_MS, () => void this.#tick());
  }

  async #tick(): Promise<void> {
    const { stats, hasOthers, isOnline, takeFirstAudio, send, log } = this.#options;
    try {
      if (!hasOthers()) return;
      // Read also while offline: what follows is told from here on.
      const figures = await stats();
      if (this.#closed || !isOnline()) return;
      const report = this.#report(figures, takeFirstAudio());
      this.#attempts = [];
      this.#handovers = [];
      await send(report);
    } catch (error) {
      log.debug('quality not reported', { error });
    } finally {
      this.#schedule();
    }
  }

  #report(stats: RoomStats, firstAudioMs: number | null): QualityReport {
    const { roomId, path } = this.#options;
    const { kind, epoch } = path();
    const heard = [...stats.participants.values()];
    const middle = (of: (one: ParticipantStats) => number | null, least: number, most: number) =>
      bounded(median(heard.map(of)), least, most);
    const received = heard.flatMap((one) => one.bitrate ?? []);
    return {
      roomId,
      path: kind,
      ...(epoch > 0 ? { epoch } : {}),
      mos: middle((one) => one.mos, 1, 5),
      rtt: middle((one) => one.rtt, 0, MINUTE_MS),
      jitter: middle((one) => one.jitter, 0, MINUTE_MS),
      jitterBuffer: middle((one) => one.jitterBuffer, 0, MINUTE_MS),
      loss: middle((one) => one.loss, 0, 1),
      sendBitrate: bounded(stats.sendBitrate, 0, GIGABIT),
      receiveBitrate: received.length === 0 ? null : bounded(sum(received), 0, GIGABIT),
      firstAudioMs: bounded(firstAudioMs, 0, 10 * MINUTE_MS),
      attempts: this.#attempts,
      ...(this.#handovers.length > 0 ? { handovers: this.#handovers } : {}),
    };
  }
}

function median(values: (number | null)[]): number | null {
  const known = values.flatMap((value) => value ?? []).sort((a, b) => a - b);
  return known[Math.floor((known.length - 1) / 2)] ?? null;
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** A browser's counters may go astray; a report that is out of bounds would be refused as a whole. */
function bounded(value: number | null, least: number, most: number): number | null {
  return value === null || !Number.isFinite(value) ? null : Math.min(most, Math.max(least, value));
}
