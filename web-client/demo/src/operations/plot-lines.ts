/** A measured value: when (ms) and how much. */
export interface Dot {
  readonly at: number;
  readonly value: number;
}

/** What a plot shows: time from left to right, values from below to above. */
export interface Frame {
  readonly from: number;
  readonly to: number;
  readonly low: number;
  readonly high: number;
}

/** Plots are drawn in a square of that side and stretched to their place. */
export const SIDE = 1000;

export function place({ at, value }: Dot, { from, to, low, high }: Frame): { x: number; y: number } {
  const within = Math.min(high, Math.max(low, value));
  return {
    x: Math.round((SIDE * (at - from)) / (to - from)),
    y: Math.round((SIDE * (high - within)) / (high - low)),
  };
}

/**
 * The `d` of a path through dots in the order of time. Where none came for longer than `gapMs` the line is broken: nothing
 * is made up. A dot alone is a point, which a round line cap makes visible.
 */
export function lineThrough(dots: readonly Dot[], frame: Frame, gapMs: number): string {
  let before: Dot | undefined;
  let path = '';
  for (const dot of dots) {
    if (dot.at < frame.from || dot.at > frame.to) continue;
    const { x, y } = place(dot, frame);
    const joins = before !== undefined && dot.at - before.at <= gapMs;
    path += joins ? `L${x} ${y}` : `M${x} ${y}h0`;
    before = dot;
  }
  return path;
}

const STEPS = [20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 60_000, 600_000];

/** The end of a scale that has room for all of `values`. */
export function scaleEnd(values: readonly number[]): number {
  const most = Math.max(0, ...values);
  return STEPS.find((step) => step >= most) ?? most;
}
