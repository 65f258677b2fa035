import type { ParticipantStats, RoomStats } from '@parley/voice-sdk';

export type QualityLevel = 'good' | 'fair' | 'poor';

/** One connection, or all of a room's, in figures and in a word. Figures as in `ParticipantStats`. */
export interface Quality {
  readonly level: QualityLevel;
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

/** Of the codec and the jitter buffer, in ms: one Opus frame and a little slack. */
const CODEC_DELAY_MS = 30;

/**
 * The E-model's rating R (ITU-T G.107), as Cole and Rosenbluth reduced it for voice over IP: 93.2 less what
 * delay and loss take away. 80 and more satisfies most people, below 60 nearly everyone complains (G.109).
 */
export function rating({ rtt, jitter, loss }: Pick<ParticipantStats, 'rtt' | 'jitter' | 'loss'>): number {
  const delay = (rtt ?? 0) / 2 + 2 * (jitter ?? 0) + CODEC_DELAY_MS;
  const delayImpairment = 0.024 * delay + (delay > 177.3 ? 0.11 * (delay - 177.3) : 0);
  return 93.2 - delayImpairment - 2.5 * 100 * (loss ?? 0);
}

export function levelOf(stats: Pick<ParticipantStats, 'rtt' | 'jitter' | 'loss'>): QualityLevel {
  const r = rating(stats);
  if (r >= 80) return 'good';
  return r >= 60 ? 'fair' : 'poor';
}

/** A room as its listener has it: the figures of the middle connection, so that one bad guest does not scare everyone. */
export function roomQuality(stats: RoomStats): RoomQuality {
  const byParticipant = new Map<string, Quality>();
  for (const [id, { rtt, jitter, loss, bitrate }] of stats.participants) {
    if (rtt === null && jitter === null && loss === null) continue;
    byParticipant.set(id, { level: levelOf({ rtt, jitter, loss }), rtt, jitter, loss, bitrate });
  }
  const all = [...byParticipant.values()];
  if (all.length === 0) return { overall: null, byParticipant, sendBitrate: stats.sendBitrate };
  const middle = {
    rtt: median(all.map((one) => one.rtt)),
    jitter: median(all.map((one) => one.jitter)),
    loss: median(all.map((one) => one.loss)),
  };
  const bitrate = all.reduce((sum, one) => sum + (one.bitrate ?? 0), 0);
  return { overall: { level: levelOf(middle), ...middle, bitrate }, byParticipant, sendBitrate: stats.sendBitrate };
}

function median(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null).sort((a, b) => a - b);
  return known[Math.floor((known.length - 1) / 2)] ?? null;
}

export const QUALITY_WORDS: Record<QualityLevel, string> = { good: 'Good', fair: 'Fair', poor: 'Poor' };

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
