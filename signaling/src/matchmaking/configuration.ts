import { whole } from '@parley/shared/runtime/environment';
import * as v from 'valibot';
import { DEFAULT_MATCH_SETTINGS, type MatchSettings } from './settings.ts';

const MS = 'milliseconds';
const DAY_MS = 86_400_000;
const defaults = DEFAULT_MATCH_SETTINGS;

export const matchSettings = {
  /** Whoever waits for a match minds no other region after this, where they allow it … */
  MATCH_WIDEN_REGION_MS: v.optional(whole('MATCH_WIDEN_REGION_MS', 0, DAY_MS, MS), String(defaults.widenRegionMs)),
  /** … and no other language after this. */
  MATCH_WIDEN_LANGUAGE_MS: v.optional(
    whole('MATCH_WIDEN_LANGUAGE_MS', 0, DAY_MS, MS),
    String(defaults.widenLanguageMs),
  ),
  /** A match is over unless all confirm within this. */
  MATCH_CONFIRM_MS: v.optional(whole('MATCH_CONFIRM_MS', 500, 60_000, MS), String(defaults.confirmMs)),
  /** People who have met are not matched with each other again for this long. */
  MATCH_RECENT_MS: v.optional(whole('MATCH_RECENT_MS', 1, 30 * DAY_MS, MS), String(defaults.recentMs)),
  /** How long someone whose connection dropped keeps their place. */
  MATCH_GRACE_MS: v.optional(whole('MATCH_GRACE_MS', 0, 600_000, MS), String(defaults.graceMs)),
  /** Nobody waits longer than this. */
  MATCH_WAIT_MAX_MS: v.optional(whole('MATCH_WAIT_MAX_MS', 1_000, DAY_MS, MS), String(defaults.maxWaitMs)),
  /** People who wait in one mode at once, at all nodes together. */
  MATCH_TICKETS_MAX: v.optional(whole('MATCH_TICKETS_MAX', 1, 10_000_000, 'tickets'), String(defaults.maxTickets)),
};

type Read = { [K in keyof typeof matchSettings]: v.InferOutput<(typeof matchSettings)[K]> };

/** @param read the settings above, read */
export function matchingOf(read: Read): Readonly<MatchSettings> {
  return Object.freeze({
    ...DEFAULT_MATCH_SETTINGS,
    widenRegionMs: read.MATCH_WIDEN_REGION_MS,
    widenLanguageMs: read.MATCH_WIDEN_LANGUAGE_MS,
    confirmMs: read.MATCH_CONFIRM_MS,
    recentMs: read.MATCH_RECENT_MS,
    graceMs: read.MATCH_GRACE_MS,
    maxWaitMs: read.MATCH_WAIT_MAX_MS,
    maxTickets: read.MATCH_TICKETS_MAX,
  });
}
