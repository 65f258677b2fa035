import * as v from 'valibot';

/** The environment does not make a configuration; the message names every key that is wrong, and what it wants. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  /** Of a process that ends by it (EX_USAGE of sysexits.h): a supervisor need not start it again. */
  readonly exitCode = 64;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** A whole number from `min` to `max`; `unit` names what it counts, in messages. */
export const whole = (name: string, min: number, max: number, unit: string) =>
  v.pipe(
    v.string(),
    v.trim(),
    v.regex(/^\d{1,15}$/, `${name} must be a whole number of ${unit}`),
    v.transform(Number),
    v.minValue(min, `${name} must be at least ${min} ${unit}`),
    v.maxValue(max, `${name} must be at most ${max} ${unit}`),
  );

/** Text of at most `max` characters; never empty, since what is empty counts as missing. */
export const text = (name: string, max: number) =>
  v.pipe(v.string(), v.trim(), v.maxLength(max, `${name} is too long`));

/** A list with commas; `what` names its items, in messages. */
export const list = (name: string, isItem: (item: string) => boolean, what: string) =>
  v.pipe(
    v.string(),
    v.transform((items) =>
      items
        .split(',')
        .map((item) => item.trim())
        .filter(Boolean),
    ),
    v.check(
      (items) => items.length <= 1000 && items.every(isItem),
      `${name} must be a comma-separated list of ${what}`,
    ),
  );

/** One of a few words. */
export const oneOf = <const T extends [string, ...string[]]>(name: string, words: T) =>
  v.picklist(words, `${name} must be ${words.slice(0, -1).join(', ')} or ${words.at(-1)}`);

/** The settings that every server has. */
export const commonSettings = (randomId: () => string) => ({
  /** Names this node. Random by default: a restart is then another node, which is what it is. */
  NODE_ID: v.optional(text('NODE_ID', 64), randomId),
  LOG_LEVEL: v.optional(oneOf('LOG_LEVEL', ['debug', 'info', 'warn', 'error', 'silent']), 'info'),
  NODE_ENV: v.optional(v.string(), 'development'),
});

export const isHttpUrl = (item: string): boolean => URL.canParse(item) && /^https?:$/.test(new URL(item).protocol);
const isRedisUrl = (item: string): boolean => URL.canParse(item) && /^rediss?:$/.test(new URL(item).protocol);

/** Where nodes meet: for every server that may be one of several. */
export const redisSettings = {
  /** Redis, for several nodes: redis://host:port, or several of one Redis Cluster. */
  REDIS_URL: v.optional(list('REDIS_URL', isRedisUrl, 'redis:// or rediss:// URLs'), ''),
  /** Whether REDIS_URL leads to a Redis Cluster; several URLs always do. */
  REDIS_CLUSTER: v.optional(oneOf('REDIS_CLUSTER', ['on', 'off']), 'off'),
  /** Begins every key and channel: several Parleys may share a Redis. */
  REDIS_PREFIX: v.optional(text('REDIS_PREFIX', 64), 'parley'),
};

/** @param read the settings above, read */
export function redisOf(read: { REDIS_URL: string[]; REDIS_CLUSTER: 'on' | 'off'; REDIS_PREFIX: string }) {
  const { REDIS_URL: urls, REDIS_CLUSTER: cluster, REDIS_PREFIX: prefix } = read;
  return Object.freeze({ urls: Object.freeze(urls), cluster: cluster === 'on' || urls.length > 1, prefix });
}

/** Which keys outside the table are mistakes rather than somebody else's. */
export interface OurKeys {
  /** Keys that begin like this are ours. */
  prefixes: readonly string[];
  /** These begin with words that others use too: there, only what is nearly right is taken for a mistake. */
  sharedPrefixes?: readonly string[];
}

/**
 * Reads settings from environment variables. An empty variable counts as missing.
 * @returns the settings, and what is wrong with keys that are not in the table: the caller adds what it finds
 * itself and throws it all at once.
 * @throws {ConfigError} when a value does not parse.
 */
export function readSettings<E extends v.ObjectEntries>(
  schema: v.ObjectSchema<E, undefined>,
  env: Environment,
  ours: OurKeys,
): { output: v.InferOutput<v.ObjectSchema<E, undefined>>; problems: string[] } {
  const known = Object.keys(schema.entries);
  const problems = unknownKeys(Object.keys(env), known, ours);
  const given = Object.fromEntries(known.filter((key) => env[key]?.trim()).map((key) => [key, env[key]]));
  const parsed = v.safeParse(schema, given);
  if (parsed.success) return { output: parsed.output, problems };
  const wrong = parsed.issues.map((issue) => {
    const path = v.getDotPath(issue) ?? '';
    return issue.message.startsWith(path.split('.')[0] ?? '') ? issue.message : `${path}: ${issue.message}`;
  });
  throw new ConfigError([...problems, ...wrong].join('\n'));
}

/** From so many characters on, a key that is one character from ours is meant to be ours, whatever it begins with. */
const UNMISTAKABLE = 10;

function unknownKeys(keys: string[], known: string[], { prefixes, sharedPrefixes = [] }: OurKeys): string[] {
  const isOurs = (key: string) =>
    prefixes.some((prefix) => key.startsWith(prefix)) ||
    (key.length >= UNMISTAKABLE && known.some((it) => distance(it, key) === 1)) ||
    (sharedPrefixes.some((prefix) => key.startsWith(prefix)) && known.some((it) => distance(it, key) <= 2));
  return keys
    .filter((key) => !known.includes(key) && isOurs(key))
    .map((key) => {
      const [nearest] = known
        .map((it) => ({ it, by: distance(it, key) }))
        .sort((a, b) => a.by - b.by)
        .filter(({ by }) => by <= 3);
      return `${key} is not a setting${nearest ? `; did you mean ${nearest.it}?` : ''}`;
    });
}

/** How many characters have to change to make one word of the other (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (const [i, ca] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, cb] of [...b].entries()) {
      next.push(Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, (row[j] ?? 0) + (ca === cb ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
