import type { RoomStats } from '@parley/voice-sdk';

export type QualityLevel = 'good' | 'fair' | 'poor';

/** One connection, or all of a room's, in figures and in a word. Figures as in `ParticipantStats`. */
export interface Quality {
  readonly level: QualityLevel;
  readonly mos: number;
  readonly rtt: number | null;
  readonly jitter: number | null;
  readonly loss: number | null;
  readonly bitrate: number | null;
}

export interface RoomQuality {
  /** null until anything is known, as when alone. */
  readonly overall: Quality | null;
  readonly byParticipant: ReadonlyMap<string, Quality>;
  readonly sendBitrate: number | null;
}

/** By the mean opinion score: 4 and more contents most people, below 3.1 nearly everyone complains (ITU-T G.109). */
export function levelOf(mos: number): QualityLevel {
  if (mos >= 4) return 'good';
  return mos >= 3.1 ? 'fair' : 'poor';
}

/**
 * A room as its listener has it: the figures of the middle connection, so that one bad guest does not scare everyone.
 * @param before what was known before: who has said nothing since sounds as they did
 */
export function roomQuality(stats: RoomStats, before?: RoomQuality): RoomQuality {
  const byParticipant = new Map<string, Quality>();
  for (const [id, { rtt, jitter, loss, bitrate, mos: measured }] of stats.participants) {
    const mos = measured ?? before?.byParticipant.get(id)?.mos ?? null;
    if (mos !== null) byParticipant.set(id, { level: levelOf(mos), mos, rtt, jitter, loss, bitrate });
  }
  const all = [...byParticipant.values()];
  const mos = median(all.map((one) => one.mos));
  if (mos === null) return { overall: null, byParticipant, sendBitrate: stats.sendBitrate };
  const middle = {
    mos,
    rtt: median(all.map((one) => one.rtt)),
    jitter: median(all.map((one) => one.jitter)),
    loss: median(all.map((one) => one.loss)),
  };
  const bitrate = all.reduce((sum, one) => sum + (one.bitrate ?? 0), 0);
  return { overall: { level: levelOf(mos), ...middle, bitrate }, byParticipant, sendBitrate: stats.sendBitrate };
}

function median(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null).sort((a, b) => a - b);
  return known[Math.floor((known.length - 1) / 2)] ?? null;
}

export const QUALITY_WORDS: Record<QualityLevel, string> = { good: 'Good', fair: 'Fair', poor: 'Poor' };

/** @param mos a mean opinion score, 1 to 5. */
export function inScore(mos: number): string {
  return `${mos.toFixed(1)} of 5`;
}

export function inMs(value: number | null): string {
  return value === null ? '–' : `${Math.round(value)} ms`;
}

/** For what takes a moment. @param value in ms. */
export function inSeconds(value: number): string {
  return `${(value / 1000).toFixed(1)} s`;
}

export function inPercent(value: number | null): string {
  return value === null ? '–' : `${(value * 100).toFixed(value > 0 && value < 0.1 ? 1 : 0)} %`;
}

export function inKbit(value: number | null): string {
  return value === null ? '–' : `${Math.round(value / 1000)} kbit/s`;
}
