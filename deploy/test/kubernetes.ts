import { readdirSync } from 'node:fs';
import { parse, parseAllDocuments } from 'yaml';
import { read } from './expressions.ts';

export const BASE = 'kubernetes/base';

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: Readonly<Record<string, { key?: string; fieldPath?: string; resource?: string }>>;
}

export interface PodTemplate {
  readonly spec: {
    readonly terminationGracePeriodSeconds: number;
    readonly securityContext?: { readonly runAsUser?: number; readonly fsGroup?: number };
    readonly containers: readonly {
      readonly image: string;
      readonly env?: readonly Variable[];
      readonly envFrom?: readonly { configMapRef: { name: string } }[];
      readonly lifecycle?: { preStop: { exec: { command: [string, string] } } };
    }[];
  };
}

export type Workload = Manifest & { readonly spec: { readonly template: PodTemplate } };

/** What `kubectl apply -k` would take. */
export const kustomization = () =>
  parse(read(`${BASE}/kustomization.yaml`)) as { resources: string[]; namespace: string };

export const manifestFiles = (): string[] =>
  readdirSync(new URL(`../${BASE}`, import.meta.url)).filter((name) => name !== 'kustomization.yaml');

export const manifests = (): Manifest[] =>
  kustomization().resources.flatMap((name) =>
    parseAllDocuments(read(`${BASE}/${name}`)).map((document) => document.toJS() as Manifest),
  );

export function find<T extends Manifest>(kind: string, name: string): T {
  const found = manifests().find((one) => one.kind === kind && one.metadata.name === name);
  if (!found) throw new Error(`there is no ${kind} ${name}`);
  return found as T;
}

/** What a pod would know of itself. */
const DOWNWARD: Readonly<Record<string, string>> = {
  'metadata.name': 'pod-0',
  'status.podIP': '10.1.0.7',
  'status.hostIP': '10.0.0.7',
  'requests.cpu': '3',
};

/** The environment a pod's server would have. @param secret stands in for what is in the Secret */
export function environmentOf({ spec }: PodTemplate, secret: (key: string) => string): Record<string, string> {
  const [container] = spec.containers;
  const env: Record<string, string> = {};
  for (const { configMapRef } of container?.envFrom ?? []) {
    Object.assign(env, find<Manifest & { data: Record<string, string> }>('ConfigMap', configMapRef.name).data);
  }
  for (const { name, value, valueFrom = {} } of container?.env ?? []) {
    const { fieldRef, resourceFieldRef, secretKeyRef } = valueFrom;
    const known = DOWNWARD[fieldRef?.fieldPath ?? resourceFieldRef?.resource ?? ''];
    const given = secretKeyRef?.key === undefined ? (value ?? known) : secret(secretKeyRef.key);
    if (given === undefined) throw new Error(`${name}: where does it come from?`);
    env[name] = given.replace(/\$\((\w+)\)/g, (all, other: string) => env[other] ?? all);
  }
  return env;
}
