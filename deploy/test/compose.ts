import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { inRoot } from '../../scripts/paths.mjs';

export interface Service {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string; readonly target?: string };
  readonly environment?: Readonly<Record<string, string>>;
  readonly command?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly stop_grace_period?: string;
  readonly depends_on?: object;
}

export interface Compose {
  readonly name: string;
  readonly services: Readonly<Record<string, Service>>;
}

/** `${NAME}`, `${NAME:-default}` or `${NAME:?what to do}`. */
const VARIABLE = /\$\{(\w+)(?::([-?])([^}]*))?\}/g;

const text = readFileSync(inRoot('docker-compose.yml'), 'utf8');

/** docker-compose.yml as Docker reads it, before variables are replaced. */
export const plainCompose = (): Compose => parse(text, { merge: true }) as Compose;

/** The variables of docker-compose.yml, and whether it refuses to start without. */
export function variables(): Map<string, { isNeeded: boolean }> {
  const all = [...text.matchAll(VARIABLE)];
  return new Map(
    all.map(([, name = '']) => [name, { isNeeded: all.some(([, it, kind]) => it === name && kind === '?') }]),
  );
}

/** docker-compose.yml with its variables replaced. @throws {Error} as Docker does, when one that is needed is empty */
export function compose(env: Readonly<Record<string, string>>): Compose {
  const replaced = (value: string) =>
    value.replace(VARIABLE, (_all, name: string, kind: string | undefined, rest = '') => {
      const given = env[name];
      if (given) return given;
      if (kind === '?') throw new Error(`required variable ${name} is missing a value: ${rest}`);
      return kind === '-' ? rest : '';
    });
  return parse(text, (_key, value: unknown) => (typeof value === 'string' ? replaced(value) : value), {
    merge: true,
  }) as Compose;
}

/** The services that are one of our servers. */
export const serversOf = ({ services }: Compose, target: 'signaling' | 'sfu' | 'turn'): [string, Service][] =>
  Object.entries(services).filter(([, { build }]) => build?.target === target);
