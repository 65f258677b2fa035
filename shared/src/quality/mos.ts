/*
 * How good a call sounds, from what can be measured of its network: the E-model of ITU-T G.107 (06/2015), reduced to the
 * two impairments that a network causes. R = 93.2 - Idd - Ie,eff, and R becomes a mean opinion score by Annex B.
 *
 * It is an approximation, and these are its edges:
 * - G.107 describes narrowband telephony. Its best is R 93.2, MOS 4.41: what Opus adds in bandwidth beyond that is not
 *   credited. The wideband and fullband models (G.107.1, G.107.2) have scales of their own, for which no Opus values are
 *   standardised.
 * - Everything but delay, loss and codec has G.107's default value: 93.2 holds them all. Echo is taken to be cancelled.
 * - Loss is taken as the network loses it, evenly. What Opus mends by forward error correction is in no figure; bursts
 *   are worse than told unless a burst ratio is given.
 * - It is a planning model: it says what many people would think on average, not what this listener thinks.
 */

/** A codec as the E-model sees it. */
export interface CodecImpairment {
  /** Equipment impairment factor Ie, 0 to 95: what the codec alone takes off R. */
  readonly ie: number;
  /** Packet-loss robustness factor Bpl, in percent: at this loss half of what is left is gone. */
  readonly bpl: number;
}

/**
 * Opus at about 32 kbit/s, variable rate, 20 ms frames. Bpl is the super-wideband value at 31 kbit/s under random loss
 * (8.82 in bursts). Ie is 0 on the narrowband scale: there the same authors find 2.0 at 11 kbit/s already, and falling.
 * Source: M. Alahmadi, P. Pocta, H. Melvin, "An Adaptive Bitrate Switching Algorithm for Speech Applications in Context
 * of WebRTC", ACM TOMM 17(4), article 133, 2021, doi:10.1145/3458751, and the table the authors published with it.
 */
export const OPUS: CodecImpairment = { ie: 0, bpl: 10.44 };

/** R without delay, loss or codec: G.107's defaults, clause 7.7. */
export const BEST_RATING = 93.2;

/** What the E-model is told of one direction of a call. */
export interface Conditions {
  /** Mouth to ear, one way, in ms, 0 or more: Ta of G.107. */
  readonly delayMs: number;
  /** Share of packets lost, 0 to 1. */
  readonly loss: number;
  /** How much longer losses last than random ones would, 1 (random) or more: BurstR of G.107. Default 1. */
  readonly burstRatio?: number;
}

/**
 * The rating R, 0 (nothing gets through) to 93.2 (the best narrowband call).
 * @param conditions values outside their ranges are taken as the nearest within
 */
export function ratingOf({ delayMs, loss, burstRatio = 1 }: Conditions, codec: CodecImpairment = OPUS): number {
  const rating = BEST_RATING - delayImpairment(delayMs) - lossImpairment(loss, codec, burstRatio);
  return clamp(rating, 0, BEST_RATING);
}

/** R as a mean opinion score, 1 (bad) to 4.5 (excellent). G.107 Annex B, equation B-4. @param rating R, 0 to 100 */
export function mosOfRating(rating: number): number {
  const r = clamp(rating, 0, 100);
  // Below R 6.5 the polynomial dips under 1, which is the least there is.
  return clamp(1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6, 1, 4.5);
}

/** The mean opinion score of a call, 1 to 4.41. */
export function mosOf(conditions: Conditions, codec: CodecImpairment = OPUS): number {
  return mosOfRating(ratingOf(conditions, codec));
}

/**
 * Idd, what delay itself takes off R when echo is cancelled: G.107 clause 7.4, with its default sensitivity (sT 1) and
 * minimal perceivable delay (mT 100 ms).
 */
export function delayImpairment(delayMs: number): number {
  if (!(delayMs > 100)) return 0;
  const x = Math.log2(delayMs / 100);
  return 25 * ((1 + x ** 6) ** (1 / 6) - 3 * (1 + (x / 3) ** 6) ** (1 / 6) + 2);
}

/** Ie,eff, what the codec takes off R at that share of loss: G.107 clause 7.5. */
export function lossImpairment(loss: number, { ie, bpl }: CodecImpairment = OPUS, burstRatio = 1): number {
  const percent = 100 * clamp(loss, 0, 1);
  if (percent === 0) return ie;
  return ie + ((95 - ie) * percent) / (percent / Math.max(1, burstRatio) + bpl);
}

/** Not NaN either: what is no number counts as the least. */
function clamp(value: number, least: number, most: number): number {
  return value > least ? Math.min(value, most) : least;
}
