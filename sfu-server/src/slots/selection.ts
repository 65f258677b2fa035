/** From here a microphone is taken to carry speech, in dBov. Speech at its usual level lies at -45 to -15. */
export const SPEECH_DBOV = -60;
/** A pause shorter than this is still the speaker's, in milliseconds. */
export const HOLD_MS = 2_000;
/** What a challenger must be louder by than a holder who talks, in dB, */
export const MARGIN_DB = 6;
/** and for how many rounds in a row. */
export const ROUNDS = 2;
/** How much a round counts that is louder than those before, and one that is not: speech is heard by its peaks. */
const RISE = 1 / 2;
const FALL = 1 / 8;

/** How somebody talks. Kept while he holds a slot, otherwise until he has been silent for the hold. */
interface Voice {
  /** Level of the rounds in which he spoke, smoothed, in dBov. */
  readonly level: number;
  readonly spokeAt: number;
  /** Rounds in a row in which he was louder by the margin than some holder. */
  readonly louder: number;
}

/** Who holds which slot, and what the next round needs to know of this one. */
export interface Selection {
  /** For each slot the peer who holds it. */
  readonly holders: readonly (string | undefined)[];
  readonly voices: ReadonlyMap<string, Voice>;
}

export interface Round {
  /** Milliseconds. */
  now: number;
  /** Mean level of each peer who was audible, -127 to 0 dBov; undefined: no report, only who is there has changed. */
  levels?: ReadonlyMap<string, number> | undefined;
  /** Whose level the report would have said; undefined: everybody's. Of the others it says nothing. */
  covers?: ((peer: string) => boolean) | undefined;
  /** The peers whose microphone is open, the longest there first: a set, or what is kept by peer. */
  open: { has(peer: string): boolean; keys(): Iterable<string> };
  /** Who is to hold a slot whether he is loud or not; the first of them win. */
  pinned: readonly string[];
}

export const noSelection = (slots: number): Selection => ({
  holders: Array.from({ length: slots }, () => undefined),
  voices: new Map(),
});

/**
 * The next selection. A slot is held until somebody needs it more: a free one goes to whoever is there, the loudest first;
 * one whose holder has been silent past the hold goes to who speaks, the longest silent first; one whose holder talks
 * goes to who is clearly louder for a while. Pinned peers hold one as long as their microphone is open, but one slot is
 * left to the others. Nobody changes slots.
 */
export function select(before: Selection, round: Round): Selection {
  const { now, levels, open, pinned } = round;
  const holders = before.holders.map((holder) => (holder !== undefined && open.has(holder) ? holder : undefined));
  const voices = hear({ holders, voices: before.voices }, round);
  const fixed = new Set([...new Set(pinned)].filter((peer) => open.has(peer)).slice(0, holders.length - 1));
  for (const peer of fixed) {
    if (holders.includes(peer)) continue;
    const at = weakest({ holders, voices }, fixed, now);
    holders[at] = peer;
  }
  const level = (peer: string): number => voices.get(peer)?.level ?? Number.NEGATIVE_INFINITY;
  const others: string[] = [];
  for (const peer of open.keys()) if (voices.has(peer) && !holders.includes(peer)) others.push(peer);
  // Stable: who is as loud as another comes after who was there before him.
  others.sort((a, b) => level(b) - level(a));
  for (const peer of others) {
    const at = weakest({ holders, voices }, fixed, now);
    const holder = holders[at];
    if (holder === undefined) {
      holders[at] = peer;
      continue;
    }
    const voice = voices.get(peer);
    // Who does not speak in this report takes no slot of another's.
    if (!voice || (levels?.get(peer) ?? Number.NEGATIVE_INFINITY) < SPEECH_DBOV) continue;
    const louder = voice.level >= level(holder) + MARGIN_DB ? voice.louder + 1 : 0;
    const takes = louder >= ROUNDS || isSilent(voices.get(holder), now);
    voices.set(peer, { ...voice, louder: takes ? 0 : louder });
    if (takes) holders[at] = peer;
  }
  // What is free yet is for who was not heard lately: of a thousand who listen, few are looked at.
  for (const peer of open.keys()) {
    const at = holders.indexOf(undefined);
    if (at < 0) break;
    if (!holders.includes(peer)) holders[at] = peer;
  }
  return { holders, voices };
}

/** The voices after a report; those of a holder do not end, so that it is known how long he has been silent. */
function hear(before: Selection, { now, levels, covers, open }: Round): Map<string, Voice> {
  const voices = new Map<string, Voice>();
  for (const [peer, voice] of before.voices) {
    if (!open.has(peer) || (isSilent(voice, now) && !before.holders.includes(peer))) continue;
    // In a pause the level stays: nobody is weak for having drawn breath.
    const pauses = levels && !levels.has(peer) && (covers?.(peer) ?? true);
    voices.set(peer, pauses ? { ...voice, louder: 0 } : voice);
  }
  for (const [peer, level] of levels ?? []) {
    if (level < SPEECH_DBOV || !open.has(peer)) continue;
    const voice = voices.get(peer);
    const smoothed =
      !voice || isSilent(voice, now)
        ? level
        : voice.level + (level - voice.level) * (level > voice.level ? RISE : FALL);
    voices.set(peer, { level: smoothed, spokeAt: now, louder: voice?.louder ?? 0 });
  }
  return voices;
}

const isSilent = (voice: Voice | undefined, now: number): boolean => !voice || now - voice.spokeAt >= HOLD_MS;

/**
 * The slot to give away first, of those not held by one in `fixed`, of which there always is one: a free one, else the
 * longest silent holder's, else the quietest's.
 */
function weakest({ holders, voices }: Selection, fixed: ReadonlySet<string>, now: number): number {
  let found = -1;
  let least = Number.POSITIVE_INFINITY;
  for (const [at, holder] of holders.entries()) {
    if (holder === undefined) return at;
    if (fixed.has(holder)) continue;
    const voice = voices.get(holder);
    // Levels are above -128: whoever is silent is weaker, and the weaker the longer he is.
    const strength =
      voice === undefined ? Number.NEGATIVE_INFINITY : isSilent(voice, now) ? voice.spokeAt - now : voice.level;
    if (found >= 0 && strength >= least) continue;
    found = at;
    least = strength;
  }
  return found;
}
