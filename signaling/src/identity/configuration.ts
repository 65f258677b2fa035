import { oneOf, whole } from '@parley/shared/runtime/environment';
import { secret } from '@parley/shared/runtime/secrets';
import * as v from 'valibot';

const MS = 'milliseconds';
const DAY_MS = 86_400_000;
/** RFC 7518, 3.2: a key for HS256 has at least 256 bits. */
const MIN_SECRET_BYTES = 32;
const MAX_KEYS = 100;

const apiKeys = v.pipe(
  v.string(),
  v.rawTransform<string, ReadonlyMap<string, string>>(({ dataset, addIssue }) => {
    const pairs = dataset.value.split(',').map((pair) => pair.trim());
    const keys = new Map<string, string>();
    // What is wrong is told without a word of it: it may be a secret.
    const wrong = (message: string) => addIssue({ message: `API_KEYS ${message}` });
    if (pairs.length > MAX_KEYS) wrong(`has more than ${MAX_KEYS} keys`);
    for (const pair of pairs) {
      const [, key, secret] = /^([\w-]{1,64}):(\S{1,512})$/.exec(pair) ?? [];
      if (key === undefined || secret === undefined)
        wrong('must be key:secret,key2:secret2, without spaces or commas in a secret');
      else if (keys.has(key)) wrong(`names ${key} twice`);
      else keys.set(key, secret);
    }
    return keys;
  }),
  v.metadata({ secret: { minBytes: MIN_SECRET_BYTES, isNeeded: false } }),
);

const supabaseUrl = v.pipe(
  v.string(),
  v.trim(),
  v.check(
    (url) => URL.canParse(url) && /^https?:$/.test(new URL(url).protocol) && !/[?#]/.test(url),
    'SUPABASE_URL must be an http(s) URL',
  ),
  v.transform((url) => url.replace(/\/+$/, '')),
);

/** Who may come, and how they prove who they are. */
export const identitySettings = {
  /** Whether people without an access token may come: on or off. */
  GUESTS: v.optional(oneOf('GUESTS', ['on', 'off']), 'on'),
  /** API keys whose secrets sign access tokens: key:secret,key2:secret2. */
  API_KEYS: v.optional(apiKeys),
  /** A Supabase project whose users may come, such as https://abc.supabase.co. */
  SUPABASE_URL: v.optional(supabaseUrl),
  /** Its JWT secret, if it still signs with one instead of a key pair. */
  SUPABASE_JWT_SECRET: v.optional(v.pipe(v.string(), secret({ minBytes: MIN_SECRET_BYTES }))),
  /** The furthest ahead that an access token of ours may end. */
  TOKEN_LIFETIME_MAX_MS: v.optional(whole('TOKEN_LIFETIME_MAX_MS', 1_000, 30 * DAY_MS, MS), String(DAY_MS)),
  /** How long before its token ends a client is told; of a shorter life, half. */
  TOKEN_WARNING_MS: v.optional(whole('TOKEN_WARNING_MS', 100, DAY_MS, MS), '60000'),
};

export interface IdentitySettings {
  guests: boolean;
  apiKeys: ReadonlyMap<string, string>;
  supabase: { url: string; legacySecret: string | undefined } | undefined;
  tokenLifetimeMaxMs: number;
  tokenWarningMs: number;
}

type Settings = v.InferOutput<v.ObjectSchema<typeof identitySettings, undefined>>;

/** The same in the code's own words. */
export function identityOf(output: Settings): IdentitySettings {
  const { SUPABASE_URL: url, SUPABASE_JWT_SECRET: legacySecret } = output;
  return Object.freeze({
    guests: output.GUESTS === 'on',
    apiKeys: output.API_KEYS ?? new Map(),
    supabase: url === undefined ? undefined : Object.freeze({ url, legacySecret }),
    tokenLifetimeMaxMs: output.TOKEN_LIFETIME_MAX_MS,
    tokenWarningMs: output.TOKEN_WARNING_MS,
  });
}

/** What does not go together, or is not safe outside development. */
export function identityProblems(output: Settings, isDevelopment: boolean): string[] {
  const problems: string[] = [];
  const { API_KEYS: keys = new Map<string, string>(), SUPABASE_URL: url, SUPABASE_JWT_SECRET: legacySecret } = output;
  if (legacySecret !== undefined && url === undefined) problems.push('SUPABASE_JWT_SECRET needs SUPABASE_URL');
  if (output.GUESTS === 'off' && keys.size === 0 && url === undefined) {
    problems.push('GUESTS is off, and without API_KEYS or SUPABASE_URL nobody else can come either');
  }
  if (isDevelopment) return problems;
  if (url?.startsWith('http:')) problems.push('SUPABASE_URL must be https outside development');
  return problems;
}
