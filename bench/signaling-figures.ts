import { percentileOf } from './figures.ts';

/** What a size of crowd came to. Times in ms, memory in KB. */
export interface Measured {
  readonly n: number;
  readonly fanoutMs: readonly number[];
  readonly limitFanoutMs: readonly number[];
  /** Of the server's process: before anyone came, and with everyone in their room. */
  readonly rssKb: { before: number; after: number };
  readonly limitRssKb: { before: number; after: number };
  readonly joinsMs: number;
  readonly loopLagMs: number;
}

/** One line of the bench's result. */
export interface SignalingResult {
  bench: 'signaling';
  n: number;
  rss_kb_per_conn: number;
  limit_rss_kb_per_conn: number;
  fanout_ms_p50: number;
  fanout_ms_p99: number;
  limit_fanout_ms_p50: number;
  ratio: number;
  joins_per_s: number;
  loop_lag_ms_p99: number;
}

export function resultOf(measured: Measured): SignalingResult {
  const { n, fanoutMs, limitFanoutMs, rssKb, limitRssKb, joinsMs, loopLagMs } = measured;
  const fanout = percentileOf(fanoutMs, 0.5);
  const limit = percentileOf(limitFanoutMs, 0.5);
  return {
    bench: 'signaling',
    n,
    rss_kb_per_conn: round((rssKb.after - rssKb.before) / n, 1),
    limit_rss_kb_per_conn: round((limitRssKb.after - limitRssKb.before) / n, 1),
    fanout_ms_p50: round(fanout, 1),
    fanout_ms_p99: round(percentileOf(fanoutMs, 0.99), 1),
    limit_fanout_ms_p50: round(limit, 1),
    ratio: round(fanout / limit, 2),
    joins_per_s: Math.round((n / joinsMs) * 1e3),
    loop_lag_ms_p99: round(loopLagMs, 1),
  };
}

function round(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}

/** What the user's scaling documents say of a broadcast to so many, in ms; of the sizes in between they say nothing. */
export const DOCUMENTED_MS: ReadonlyMap<number, string> = new Map([
  [200, '5-10'],
  [1_000, '30-40'],
  [5_000, '150-200'],
  [10_000, '300-400'],
]);
/** And of the memory of one connection, in KB: before and after what they propose. */
export const DOCUMENTED_KB = '200, then 70';
