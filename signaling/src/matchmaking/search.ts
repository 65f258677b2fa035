import type { Bag } from './bag.ts';
import { type Kind, type Level, levelNeeded, takesAny, waitFor } from './kind.ts';
import type { MatchSettings } from './settings.ts';
import type { SortedSet } from './sorted-set.ts';

/** As much of a ticket as the search looks at. */
export interface Candidate {
  readonly userId: string;
  readonly since: number;
  readonly kind: Kind;
}

/** Who waits, so arranged that a search touches few of them: by size and place, then kind, then time. */
export interface WaitingRoom<C extends Candidate> {
  /** Places (`language|region`) where someone waits. */
  placesOf(size: number): Bag | undefined;
  /** Kinds of which someone waits at a place. */
  kindsAt(size: number, place: string): Bag | undefined;
  kind(text: string): Kind;
  lineOf(kindText: string): SortedSet | undefined;
  ticket(userId: string): C;
  /** Whether the two must not meet: one has blocked the other, or they have just met. */
  apart(one: string, other: string): boolean;
}

/** Bounds of one search; what they leave out is found by a later one, which draws anew. */
const MAX_PLACES = 64;
const MAX_KINDS = 64;
const MAX_CANDIDATES = 128;
const MAX_STEPS = 1_000;

export interface SearchOptions {
  now: number;
  settings: MatchSettings;
  random: () => number;
  /** The ticket has looked before: begin elsewhere. */
  again: boolean;
}

/** Those with whom a ticket makes a match, the longest waiting first; undefined: there are none now. */
export function search<C extends Candidate>(
  room: WaitingRoom<C>,
  ticket: Candidate,
  options: SearchOptions,
): C[] | undefined {
  const { now, settings } = options;
  const found = candidates(room, ticket, options).sort((a, b) => a.since - b.since || (a.userId < b.userId ? -1 : 1));
  const chosen: C[] = [];
  let steps = MAX_STEPS;
  const suits = (one: C) => {
    if (room.apart(ticket.userId, one.userId)) return false;
    return chosen.every((other) => accept(one, other, now, settings) && !room.apart(one.userId, other.userId));
  };
  const complete = (from: number): boolean => {
    if (chosen.length === ticket.kind.size - 1) return true;
    for (let index = from; index < found.length && steps > 0; index++) {
      steps--;
      const one = found[index] as C;
      if (!suits(one)) continue;
      chosen.push(one);
      if (complete(index + 1)) return true;
      chosen.pop();
    }
    return false;
  };
  return complete(0) ? chosen : undefined;
}

function candidates<C extends Candidate>(room: WaitingRoom<C>, ticket: Candidate, options: SearchOptions): C[] {
  const { now, settings, random, again } = options;
  const { kind, since } = ticket;
  const perKind = kind.size * 4;
  const found: C[] = [];
  let left = MAX_KINDS;
  const look = (text: string) => {
    const other = room.kind(text);
    const [ours, theirs] = [levelNeeded(kind, other), levelNeeded(other, kind)];
    const line = room.lineOf(text);
    if (!line || ours === undefined || theirs === undefined || now - since < waitFor(ours, settings)) return;
    const before = now - waitFor(theirs, settings);
    // The oldest come first; but whoever looks in vain for a second time also looks behind them.
    const behind = again && random() < 0.5 ? Math.max(0, line.count(before) - perKind + 1) : 0;
    for (const userId of line.first(before, perKind, Math.floor(random() * behind))) {
      if (userId !== ticket.userId) found.push(room.ticket(userId));
    }
  };
  // Those who wish for the same most often suit each other.
  look(kind.text);
  for (const place of placesFor(room, kind, levelAt(now - since, settings), random)) {
    for (const text of room.kindsAt(kind.size, place)?.draw(left, random) ?? []) {
      if (text === kind.text) continue;
      if (left-- <= 0 || found.length >= MAX_CANDIDATES) return found;
      look(text);
    }
  }
  return found;
}

function placesFor<C extends Candidate>(
  room: WaitingRoom<C>,
  kind: Kind,
  level: Level,
  random: () => number,
): Iterable<string> {
  const languages = takesAny(kind, 'language', level) ? undefined : [kind.language, ''];
  const regions = takesAny(kind, 'region', level) ? undefined : [kind.region, ''];
  if (languages && regions) return languages.flatMap((language) => regions.map((region) => placeOf(language, region)));
  const open = room.placesOf(kind.size)?.draw(MAX_PLACES, random) ?? [];
  return open.filter((place) => {
    const [language = '', region = ''] = place.split('|');
    return (!languages || languages.includes(language)) && (!regions || regions.includes(region));
  });
}

export function placeOf(language: string, region: string): string {
  return `${language}|${region}`;
}

function levelAt(waited: number, settings: MatchSettings): Level {
  if (waited >= waitFor(2, settings)) return 2;
  return waited >= waitFor(1, settings) ? 1 : 0;
}

/** Whether each of two would take the other by now. */
export function accept(one: Candidate, other: Candidate, now: number, settings: MatchSettings): boolean {
  const takes = (a: Candidate, b: Candidate) => {
    const level = levelNeeded(a.kind, b.kind);
    return level !== undefined && now - a.since >= waitFor(level, settings);
  };
  return one.kind.size === other.kind.size && takes(one, other) && takes(other, one);
}
