export { mouthToEarMs, type Way } from './delay.ts';
export {
  BEST_RATING,
  type CodecImpairment,
  type Conditions,
  delayImpairment,
  lossImpairment,
  mosOf,
  mosOfRating,
  OPUS,
  ratingOf,
} from './mos.ts';
