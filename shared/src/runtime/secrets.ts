import * as v from 'valibot';

/** A name like one of these is that of a secret, or of something that has to be told apart from one. */
const LIKE_A_SECRET = /SECRET|PASSWORD|CREDENTIAL|PRIVATE|(^|_)KEYS?$/;
const MIN_DISTINCT_CHARACTERS = 8;
/** Written in examples, set-ups and documentation all over the world. */
const KNOWN_TO_ALL =
  /change.?me|^parley-development|super-secret-jwt-token|your.?(own.?)?secret|placeholder|^(.{1,8})\2+$|password|0123456789abcdef|example/i;

export interface SecretRules {
  /** Fewer bytes than this can be guessed, or are too few for what the secret is used for. */
  minBytes: number;
  /** Whether there has to be one outside development. */
  isNeeded: boolean;
}

/** Marks what follows as the setting of a secret; wrapped in `v.optional`, for in development none is needed. */
export const secret = (rules: Partial<SecretRules> = {}) =>
  v.metadata<string, { secret: SecretRules }>({ secret: { minBytes: 16, isNeeded: false, ...rules } });

/** Whether a server runs for those who work on it, and nobody else. */
export const isDevelopment = (nodeEnv: string): boolean => nodeEnv === 'development' || nodeEnv === 'test';

type Entries = Readonly<Record<string, v.GenericSchema>>;

/**
 * What is wrong with the secrets among some settings, for a server that others can reach. All there are: a setting that is
 * named like a secret and not marked as one is a mistake of ours.
 * @param values of the settings: a secret, a map of them, or nothing
 * @returns problems by name; no word of a secret
 * @throws {Error} for a setting that is not marked
 */
export function weakSecrets(entries: Entries, values: Readonly<Record<string, unknown>>): string[] {
  const problems: string[] = [];
  const owners = new Map<string, string>();
  for (const [name, rules] of secretsAmong(entries)) {
    const value = values[name];
    const given: [string, string][] =
      value instanceof Map
        ? [...value].map(([key, one]) => [`${name}: ${key}`, String(one)])
        : value === undefined
          ? []
          : [[name, String(value)]];
    const what = `outside development, to a secret of your own of at least ${rules.minBytes} bytes`;
    if (given.length === 0 && rules.isNeeded) problems.push(`${name} must be set ${what}`);
    for (const [label, one] of given) {
      if (isWeak(one, rules.minBytes) || label === `${name}: ${one}`) problems.push(`${label} must be set ${what}`);
      const owner = owners.get(one);
      if (owner === undefined) owners.set(one, label);
      else problems.push(`${label} must not be the same secret as ${owner}`);
    }
  }
  return problems;
}

/** Which settings hold secrets. @throws {Error} when one looks like it and does not say so */
export function secretsAmong(entries: Entries): Map<string, SecretRules> {
  const secrets = new Map<string, SecretRules>();
  for (const [name, schema] of Object.entries(entries)) {
    const rules = rulesOf(schema);
    if (rules) secrets.set(name, rules);
    else if (LIKE_A_SECRET.test(name)) throw new Error(`${name} is named like a secret and not marked as one`);
  }
  return secrets;
}

function rulesOf(schema: v.GenericSchema): SecretRules | undefined {
  const inner = (schema as { wrapped?: v.GenericSchema }).wrapped ?? schema;
  return (v.getMetadata(inner) as { secret?: SecretRules }).secret;
}

function isWeak(text: string, minBytes: number): boolean {
  const bytes = new TextEncoder().encode(text).length;
  return bytes < minBytes || new Set(text).size < MIN_DISTINCT_CHARACTERS || KNOWN_TO_ALL.test(text);
}
