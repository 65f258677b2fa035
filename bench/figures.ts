/** Nearest-rank percentiles of some measurements, in the measurements' own unit. */
export interface Figures {
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
}

/** @throws RangeError when there is nothing to sum up */
export function figuresOf(values: readonly number[]): Figures {
  const at = (share: number) => round(percentileOf(values, share));
  return { p50: at(0.5), p95: at(0.95), max: at(1) };
}

/**
 * @param share 0.5 for the median
 * @throws RangeError when there is nothing to sum up
 */
export function percentileOf(values: readonly number[], share: number): number {
  if (values.length === 0) throw new RangeError('no measurements');
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] as number;
}

const round = (value: number): number => Math.round(value * 10) / 10;

/** Columns aligned; the first row is the heading. */
export function table(rows: readonly (readonly (string | number)[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => String(row[column] ?? '').length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => {
          const width = widths[column] ?? 0;
          return column === 0 ? String(cell).padEnd(width) : String(cell).padStart(width);
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
