import type { QualityPoint, Scores, Silence } from '@parley/shared/operations';
import { SHOWN_MAX } from '@parley/shared/operations';
import type { QualityReport } from '@parley/shared/protocol';

/** What nodes tell each other of handovers; when they were, whoever hears it says. */
export type HeardSilence = Omit<Silence, 'at'>;

/** What one node has heard since it last said so. */
export interface Heard {
  mesh: Scores;
  sfu: Scores;
  silences: HeardSilence[];
}

/** Below this some listeners complain (ITU-T G.109). */
const POOR = 3.6;
const KEPT_MS = 30 * 60_000;
/** How long one point of the history stands for: clients report every 10 s. */
export const STRETCH_MS = 10_000;
/** Listeners tell of one handover within the 10 s of their reports, and nodes of them within 5 s more. */
const SAME_HANDOVER_MS = 20_000;

/** Adds up what clients report to this node. */
export class Tally {
  #heard = nothingHeard();

  reported({ roomId, path, mos, handovers = [] }: QualityReport): void {
    if (mos !== null) {
      const scores = this.#heard[path];
      scores.count++;
      scores.sum += mos;
      if (mos < POOR) scores.poor++;
    }
    for (const { from, to, silenceMs } of handovers) {
      merge(this.#heard.silences, { roomId, from, to, listeners: 1, silenceMs });
    }
  }

  /** All that was heard since this was last asked; of handovers the longest silences. */
  take(): Heard {
    const { mesh, sfu, silences } = this.#heard;
    this.#heard = nothingHeard();
    return { mesh, sfu, silences: longest(silences) };
  }
}

/** What all nodes have told, for as long as it is shown. */
export class History {
  readonly #points = new Map<number, QualityPoint>();
  #silences: Silence[] = [];

  /** @param now in ms since the epoch, by this node's clock */
  take({ mesh, sfu, silences }: Heard, now: number): void {
    if (mesh.count + sfu.count > 0) {
      const at = now - (now % STRETCH_MS);
      const point = this.#points.get(at) ?? { at, mesh: noScores(), sfu: noScores() };
      add(point.mesh, mesh);
      add(point.sfu, sfu);
      this.#points.set(at, point);
    }
    for (const heard of silences) {
      const same = this.#silences.find((it) => isSame(it, heard) && now - it.at < SAME_HANDOVER_MS);
      if (same) {
        same.listeners += heard.listeners;
        same.silenceMs = Math.max(same.silenceMs, heard.silenceMs);
        same.at = now;
      } else this.#silences.push({ at: now, ...heard });
    }
    this.#silences.sort((a, b) => b.at - a.at).splice(SHOWN_MAX.silences);
    this.#forget(now);
  }

  /** Oldest first. */
  points(now: number): QualityPoint[] {
    this.#forget(now);
    return [...this.#points.values()];
  }

  /** Newest first. */
  silences(now: number): Silence[] {
    this.#forget(now);
    return this.#silences;
  }

  /** Also while nobody looks on: nodes tell all the time. */
  #forget(now: number): void {
    for (const at of this.#points.keys()) if (at < now - KEPT_MS) this.#points.delete(at);
    this.#silences = this.#silences.filter(({ at }) => at >= now - KEPT_MS);
  }
}

function merge(silences: HeardSilence[], heard: HeardSilence): void {
  const same = silences.find((it) => isSame(it, heard));
  if (!same) {
    // Bounded here as well, since clients say what they like.
    if (silences.length < 10 * SHOWN_MAX.silences) silences.push(heard);
    return;
  }
  same.listeners += heard.listeners;
  same.silenceMs = Math.max(same.silenceMs, heard.silenceMs);
}

function isSame(a: HeardSilence, b: HeardSilence): boolean {
  return a.roomId === b.roomId && a.from === b.from && a.to === b.to;
}

function longest(silences: HeardSilence[]): HeardSilence[] {
  return silences.sort((a, b) => b.silenceMs - a.silenceMs).slice(0, SHOWN_MAX.silences);
}

function add(to: Scores, { count, sum, poor }: Scores): void {
  to.count += count;
  to.sum += sum;
  to.poor += poor;
}

function nothingHeard(): Heard {
  return { mesh: noScores(), sfu: noScores(), silences: [] };
}

function noScores(): Scores {
  return { count: 0, sum: 0, poor: 0 };
}
