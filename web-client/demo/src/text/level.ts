const FLOOR_DB = -55;
const CEILING_DB = -12;

/** How loud an RMS of 0 to 1 looks, 0 to 1: linear in decibels, as ears are. Speech fills most of it. */
export function loudness(rms: number): number {
  if (rms <= 0) return 0;
  const decibels = 20 * Math.log10(rms);
  return Math.min(1, Math.max(0, (decibels - FLOOR_DB) / (CEILING_DB - FLOOR_DB)));
}
