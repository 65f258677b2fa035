import { secret } from '@parley/shared/runtime/secrets';
import * as v from 'valibot';

export const supabaseSettings = {
  /** The service key of the project at SUPABASE_URL: blocks and reports are kept there then, for good. */
  SUPABASE_SERVICE_KEY: v.optional(v.pipe(v.string(), secret({ minBytes: 32 }))),
};

export type SupabaseSettings = Readonly<{ url: string; serviceKey: string }>;

interface Read {
  SUPABASE_URL?: string | undefined;
  SUPABASE_SERVICE_KEY?: string | undefined;
}

/** @param read the settings, read; undefined: nothing is kept there */
export function supabaseOf({
  SUPABASE_URL: url,
  SUPABASE_SERVICE_KEY: serviceKey,
}: Read): SupabaseSettings | undefined {
  return url === undefined || serviceKey === undefined ? undefined : Object.freeze({ url, serviceKey });
}

export function supabaseProblems({ SUPABASE_URL: url, SUPABASE_SERVICE_KEY: serviceKey }: Read): string[] {
  return serviceKey !== undefined && url === undefined ? ['SUPABASE_SERVICE_KEY needs SUPABASE_URL'] : [];
}
