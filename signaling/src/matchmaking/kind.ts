import type { MatchWishes } from '@parley/shared/protocol';
import { byCodeUnit } from '@parley/shared/runtime';
import type { MatchSettings } from './settings.ts';

/**
 * All that decides whom a ticket suits and who suits it, blocks and acquaintances apart: tickets of one kind stand
 * in one line. Its text is canonical: two that wish for the same have the same.
 */
export interface Kind {
  readonly text: string;
  readonly size: number;
  /** Empty: not said. */
  readonly language: string;
  readonly region: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** What the others' attributes must be one of. */
  readonly filters: Readonly<Record<string, readonly string[]>>;
  /** How far the ticket may widen: 0 not at all, 1 to other regions, 2 to other languages too. */
  readonly widen: Level;
}

/** 0: language and region must fit; 1: the region need not; 2: neither need. */
export type Level = 0 | 1 | 2;

const WIDEN: Readonly<Record<MatchWishes['widen'], Level>> = { none: 0, region: 1, language: 2 };

/** The text of a kind, which is all that a store needs to know of somebody's wishes. */
export function kindText({ size, language, region, attributes, filters, widen }: MatchWishes): string {
  return JSON.stringify({
    s: size,
    l: language ?? '',
    r: region ?? '',
    a: sorted(attributes),
    f: sorted(filters, (values) => [...new Set(values)].sort(byCodeUnit)),
    w: WIDEN[widen],
  });
}

export function readKind(text: string): Kind {
  const { s, l, r, a, f, w } = JSON.parse(text) as {
    s: number;
    l: string;
    r: string;
    a: Record<string, string>;
    f: Record<string, string[]>;
    w: Level;
  };
  return { text, size: s, language: l, region: r, attributes: a, filters: f, widen: w };
}

/**
 * How far `one` must have widened to take `other`; undefined: never. A filter is hard. Language and region are
 * wishes that waiting wears down, unless a filter speaks of the same: then it says all there is to say.
 */
export function levelNeeded(one: Kind, other: Kind): Level | undefined {
  for (const [name, values] of Object.entries(one.filters)) {
    const has = attributeOf(other, name);
    if (has === undefined || !values.includes(has)) return undefined;
  }
  const level = !fits(one, other, 'language') ? 2 : !fits(one, other, 'region') ? 1 : 0;
  return level <= one.widen ? level : undefined;
}

/** How long a ticket waits before it is at a level. */
export function waitFor(level: Level, settings: MatchSettings): number {
  if (level === 0) return 0;
  return level === 1 ? settings.widenRegionMs : Math.max(settings.widenRegionMs, settings.widenLanguageMs);
}

/** Whether the kind takes any language (region) at this level, filters apart. */
export function takesAny(kind: Kind, what: 'language' | 'region', level: Level): boolean {
  const widened = Math.min(level, kind.widen) >= (what === 'region' ? 1 : 2);
  return widened || kind[what] === '' || Object.hasOwn(kind.filters, what);
}

function fits(one: Kind, other: Kind, what: 'language' | 'region'): boolean {
  return takesAny(one, what, 0) || other[what] === '' || one[what] === other[what];
}

function attributeOf(kind: Kind, name: string): string | undefined {
  if (name === 'language' || name === 'region') return kind[name];
  return Object.hasOwn(kind.attributes, name) ? kind.attributes[name] : undefined;
}

function sorted<T, U = T>(
  record: Readonly<Record<string, T>>,
  map: (value: T) => U = (value) => value as unknown as U,
) {
  const names = Object.keys(record).sort(byCodeUnit);
  return Object.fromEntries(names.map((name) => [name, map(record[name] as T)]));
}
