import { type Clock, type Logger, systemClock, type Timer } from '@parley/shared/runtime';
import type { MediaPath } from '../media/media-path.ts';
import type { Playback } from '../playback/playback.ts';
import type { HandoverReport, Participant, TopologyKind } from '../types.ts';
import { isVoiceless } from './roster.ts';

/** How often frames are looked for while people move, in ms: as often as Opus sends them. */
const POLL_MS = 20;
/** The page's thread is spent on it for at most one part in so many: where frames are slow to ask for, less often. */
const SHARE = 5;
/** Connected and without a frame for so long, in ms, someone has nothing to say. */
const SILENT_MS = 1_500;
/** Who has not come in a slot after so long, in ms, while others have, is not among the loudest. */
const LEFT_OUT_MS = 1_500;

export interface HandoverOptions {
  playback: Playback;
  others: () => Participant[];
  /** Everyone is heard (or has nothing to say) on the path, and we are sent. Once per path. */
  onSettled: (path: MediaPath) => void;
  /** What was measured, if the listener moved from another path. */
  onReport: (report: HandoverReport) => void;
  log: Logger;
  clock?: Clock;
}

/**
 * Moves this listener from one path to another: each speaker over when their decoded audio has arrived
 * there, and says when all have moved. Also used for the first path, which nobody moves from, and between the ways
 * in which one path carries voices.
 */
export class Handover {
  readonly #options: HandoverOptions;
  readonly #clock: Clock;
  #path: MediaPath | null = null;
  #from: TopologyKind | null = null;
  #startedAt = 0;
  readonly #connectedAt = new Map<string, number>();
  readonly #leftOutSince = new Map<string, number>();
  #timer: Timer | undefined;
  #settled = false;

  constructor(options: HandoverOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Whether everyone is heard on this path already. */
  isSettledOn(epoch: number): boolean {
    return this.#settled && this.#path?.epoch === epoch;
  }

  /** Starts to move to `path`; null `from` when there was none before, or when a move is called off. */
  begin(path: MediaPath, from: TopologyKind | null): void {
    if (this.#path === path) return;
    this.#path = path;
    this.#from = from;
    this.#settled = false;
    this.#startedAt = this.#clock.now();
    for (const speaker of this.#options.playback.speakers) {
      if (from) speaker.startMeasuring();
      else speaker.stopMeasuring();
    }
    this.#restart();
  }

  /** The path carries voices another way now: everyone moves there, which is nothing to report. */
  carrierChanged(path: MediaPath): void {
    if (this.#path === path) this.#restart();
  }

  close(): void {
    this.#clock.cancel(this.#timer);
    this.#path = null;
  }

  #restart(): void {
    this.#connectedAt.clear();
    this.#leftOutSince.clear();
    this.#clock.cancel(this.#timer);
    this.#tick();
  }

  #tick(): void {
    const path = this.#path;
    if (!path) return;
    const startedAt = performance.now();
    // Every speaker is followed each time, so no early exit from the loop.
    let waiting = path.sendReady ? 0 : 1;
    for (const participant of this.#options.others()) if (!this.#isMoved(participant, path)) waiting++;
    if (waiting > 0) {
      const waitMs = Math.max(POLL_MS, (performance.now() - startedAt) * SHARE);
      this.#timer = this.#clock.after(waitMs, () => this.#tick());
      return;
    }
    path.release();
    if (this.#settled) return;
    this.#settled = true;
    const durationMs = Math.round(this.#clock.now() - this.#startedAt);
    this.#options.onSettled(path);
    if (this.#from) void this.#report(path, this.#from, durationMs);
  }

  #isMoved(participant: Participant, path: MediaPath): boolean {
    const speaker = this.#options.playback.speaker(participant.id);
    speaker?.expectSound(!isMute(participant));
    if (speaker?.isOn(path)) return true;
    if (!isMute(participant) && speaker?.follow(path)) return true;
    // Who is reconnecting may be gone; the server does not wait for them either.
    if (participant.connection === 'reconnecting') return true;
    if (!path.isConnectedTo(participant.id)) return false;
    const connectedAt = this.#since(this.#connectedAt, participant.id);
    const silent = this.#clock.now() - Math.max(connectedAt, speaker?.source?.lastFrameAt ?? 0) > SILENT_MS;
    if (!isMute(participant) && !silent && !this.#isLeftOut(participant.id, path)) return false;
    speaker?.moveTo(path);
    return true;
  }

  /** Whether they would have a slot by now if they were to have one. */
  #isLeftOut(participantId: string, path: MediaPath): boolean {
    if (!path.mayLeaveOut(participantId) || !this.#options.playback.slotsFlow(path.epoch)) return false;
    return this.#clock.now() - this.#since(this.#leftOutSince, participantId) > LEFT_OUT_MS;
  }

  /** When that began to be so: now, if it has not before. */
  #since(times: Map<string, number>, participantId: string): number {
    const since = times.get(participantId) ?? this.#clock.now();
    times.set(participantId, since);
    return since;
  }

  async #report(path: MediaPath, from: TopologyKind, durationMs: number): Promise<void> {
    const { playback, onReport, log } = this.#options;
    const speakers = new Map<string, number>();
    await Promise.all(
      [...playback.speakers].map(async (speaker) => {
        const silenceMs = await speaker.silenceMs();
        if (silenceMs !== null) speakers.set(speaker.participantId, Math.round(silenceMs));
      }),
    );
    // Called off, or the next one has begun meanwhile.
    if (this.#path !== path) return;
    const silenceMs = Math.max(0, ...speakers.values());
    log.info('handover', { from, to: path.kind, epoch: path.epoch, durationMs, silenceMs });
    onReport({ from, to: path.kind, epoch: path.epoch, durationMs, silenceMs, speakers });
  }
}

/** Nothing is to be expected of them on any path. */
function isMute(participant: Participant): boolean {
  return participant.muted || isVoiceless(participant);
}
