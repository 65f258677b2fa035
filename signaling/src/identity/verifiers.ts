import type { Clock, Logger } from '@parley/shared/runtime';
import { AccessTokens } from './access-tokens.ts';
import type { IdentitySettings } from './configuration.ts';
import { SupabaseTokens } from './supabase-tokens.ts';
import type { TokenVerifier } from './verifier.ts';

/** Whose tokens are accepted, by the settings. */
export function verifiersFor(
  { apiKeys: keys, tokenLifetimeMaxMs: maxLifetimeMs, supabase }: IdentitySettings,
  clock: Clock,
  logger: Logger,
): TokenVerifier[] {
  const own = new AccessTokens({ keys, clock, maxLifetimeMs });
  return supabase ? [own, new SupabaseTokens({ ...supabase, clock, logger })] : [own];
}
