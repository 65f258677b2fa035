/** How matchmaking behaves. Durations in milliseconds. */
export interface MatchSettings {
  /** After so long a ticket no longer minds another region … */
  widenRegionMs: number;
  /** … and after so long another language. */
  widenLanguageMs: number;
  /** Who waits in vain is looked at again after this, and ever more rarely the longer they wait. */
  retryMs: number;
  /** A match is over unless all confirm within this. */
  confirmMs: number;
  /** People who have met are not brought together again for this long. */
  recentMs: number;
  /** A ticket that its node has not renewed for so long is that of a dead node. */
  staleMs: number;
  /** The ticket of someone whose connection dropped keeps its place for so long. */
  graceMs: number;
  /** Nobody waits longer than this. */
  maxWaitMs: number;
  /** Tickets of one mode at once. */
  maxTickets: number;
}

/** How long someone who missed the news that their room is open can still be told. */
export const READY_MS = 10_000;
/** The most time between two looks at someone who waits in vain. */
export const RETRY_MAX_MS = 60_000;

export const DEFAULT_MATCH_SETTINGS: MatchSettings = {
  widenRegionMs: 5_000,
  widenLanguageMs: 15_000,
  retryMs: 5_000,
  confirmMs: 8_000,
  recentMs: 10 * 60_000,
  staleMs: 12_000,
  graceMs: 10_000,
  maxWaitMs: 30 * 60_000,
  maxTickets: 100_000,
};
