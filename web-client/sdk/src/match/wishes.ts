import type { MatchWishes } from '@parley/shared/protocol';
import type { MatchOptions } from '../types.ts';

/** What is asked of the server when an integrator says no more than they care about. */
export function wishesOf(options: MatchOptions): MatchWishes {
  const { mode = 'default', size = 2, language, region, attributes = {}, filters = {}, widen = 'language' } = options;
  return {
    mode,
    size,
    language: language?.toLowerCase() ?? null,
    region: region?.toLowerCase() ?? null,
    attributes: { ...attributes },
    filters: Object.fromEntries(Object.entries(filters).map(([name, values]) => [name, [...values]])),
    widen,
  };
}
