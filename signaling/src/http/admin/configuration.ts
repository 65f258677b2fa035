import { whole } from '@parley/shared/runtime/environment';
import { secret } from '@parley/shared/runtime/secrets';
import * as v from 'valibot';

export const adminSettings = {
  /** Opens the admin API below /v1 to who shows it; without one there is no admin API. */
  ADMIN_KEY: v.optional(v.pipe(v.string(), v.maxLength(1024), secret())),
  /** Requests of operators that this node answers within a second. */
  ADMIN_REQUESTS_PER_SECOND: v.optional(whole('ADMIN_REQUESTS_PER_SECOND', 1, 100_000, 'requests'), '200'),
};

export type AdminSettings = Readonly<{ key: string | undefined; requestsPerSecond: number }>;

/** @param read the settings above, read */
export function adminOf(read: { ADMIN_KEY?: string | undefined; ADMIN_REQUESTS_PER_SECOND: number }): AdminSettings {
  return Object.freeze({ key: read.ADMIN_KEY, requestsPerSecond: read.ADMIN_REQUESTS_PER_SECOND });
}
