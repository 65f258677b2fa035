import { deepEqual, doesNotThrow, match, ok } from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import { parse, stringify } from 'yaml';
import { run } from '../../scripts/command.mjs';
import { inRoot } from '../../scripts/paths.mjs';
import { check, inDeploy, without } from './checkers.ts';
import { exposedMetrics } from './exposed.ts';
import { metricsIn, read, rules } from './expressions.ts';
import {
  environmentOf,
  find,
  kustomization,
  type Manifest,
  manifestFiles,
  manifests,
  type Workload,
} from './kubernetes.ts';
import { configOf, type ServerName, settingsOf } from './settings.ts';

const TYPES_DEADLINE_MS = 60_000;
const KINDS: Record<ServerName, string> = { signaling: 'Deployment', sfu: 'StatefulSet' };
const workloads = (Object.entries(KINDS) as [ServerName, string][]).map(
  ([name, kind]) => [name, find<Workload>(kind, name).spec.template] as const,
);
const environment = (name: ServerName) => {
  const [, template] = workloads.find(([one]) => one === name) ?? [];
  ok(template);
  return environmentOf(template, (key) => `a-${key}-of-this-test`);
};

/** Where Kubernetes' published types have the kinds of an API. */
const moduleOf = (apiVersion: string): string =>
  apiVersion === 'v1' ? 'core/v1' : apiVersion.replace(/^networking\.k8s\.io\//, 'networking/');

/** What TypeScript has against manifests, by the types that are generated from Kubernetes' public schema. */
async function typeProblems(t: TestContext, all: readonly unknown[]): Promise<string> {
  const folder = inDeploy(`.cache/manifests-${process.pid}-${all.length}`);
  t.after(() => rm(folder, { recursive: true, force: true }));
  await mkdir(folder, { recursive: true });
  const lines = (all as Manifest[]).map(({ apiVersion, kind, ...rest }, i) => {
    const from = `import('kubernetes-types/${moduleOf(apiVersion)}').${kind}`;
    return `export const it${i}: ${from} = ${JSON.stringify({ apiVersion, kind, ...rest })};`;
  });
  await writeFile(`${folder}/manifests.ts`, lines.join('\n'));
  const options = {
    module: 'ESNext',
    moduleResolution: 'Bundler',
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
  };
  await writeFile(`${folder}/tsconfig.json`, JSON.stringify({ compilerOptions: options, files: ['manifests.ts'] }));
  const { output } = await run(inRoot('node_modules/.bin/tsc'), ['-p', folder], { deadlineMs: TYPES_DEADLINE_MS });
  return output;
}

test('every manifest is what the public schema of Kubernetes says, without a field too many', async (t) => {
  deepEqual(await typeProblems(t, manifests()), '');
  const wrong = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'x' }, spec: { sellector: {} } };
  match(await typeProblems(t, [wrong]), /sellector/);
});

test('the kustomization takes every file', () => {
  deepEqual(new Set(kustomization().resources), new Set(manifestFiles()));
});

test('pods are given only settings that their servers have, and these start with them', () => {
  for (const [name, template] of workloads) {
    const env = environmentOf(template, (key) => `a-${key}-of-this-test`);
    const { POD_IP: _, ...settings } = env;
    const known = settingsOf(name);
    deepEqual(
      Object.keys(settings).filter((one) => !known.has(one)),
      [],
      name,
    );
    doesNotThrow(() => configOf(name, settings), name);
  }
});

test('a node that drains is given more time than it takes', () => {
  for (const [name, { spec }] of workloads) {
    const env = environment(name);
    const [container] = spec.containers;
    const pause = Number(container?.lifecycle?.preStop.exec.command[1] ?? 0);
    const drain = Number(env[name === 'sfu' ? 'DRAIN_DEADLINE_MS' : 'DRAIN_MS']) / 1000;
    ok(spec.terminationGracePeriodSeconds >= drain + pause + 5, name);
  }
});

test('what can be scaled may not be evicted all at once', () => {
  const scaled = manifests().filter(({ kind }) => kind === 'HorizontalPodAutoscaler') as (Manifest & {
    spec: { scaleTargetRef: { kind: string; name: string } };
  })[];
  deepEqual(
    scaled.map(({ spec }) => [spec.scaleTargetRef.kind, spec.scaleTargetRef.name]),
    [
      ['Deployment', 'signaling'],
      ['StatefulSet', 'sfu'],
    ],
  );
  for (const { spec } of scaled) ok(find('PodDisruptionBudget', spec.scaleTargetRef.name));
});

interface Metric {
  readonly type: string;
  readonly pods?: { metric: { name: string } };
  readonly external?: { metric: { name: string } };
}

test('autoscaling asks for what the adapter makes of what the servers expose', async () => {
  const { rules: made } = parse(read('kubernetes/monitoring/prometheus-adapter-values.yaml')) as {
    rules: Record<'custom' | 'external', { seriesQuery: string; name?: { as: string } }[]>;
  };
  const known = await exposedMetrics();
  for (const { record } of rules()) if (record !== undefined) known.add(record);
  const offered = new Map<string, string[]>();
  for (const [kind, list] of Object.entries(made)) {
    for (const { seriesQuery, name } of list) {
      const [series = ''] = metricsIn({ where: 'adapter', expr: seriesQuery });
      ok(known.has(series), series);
      offered.set(kind, [...(offered.get(kind) ?? []), name?.as ?? series]);
    }
  }
  for (const name of ['signaling', 'sfu']) {
    const { spec } = find<Manifest & { spec: { metrics: Metric[] } }>('HorizontalPodAutoscaler', name);
    for (const { pods, external } of spec.metrics) {
      if (pods) ok(offered.get('custom')?.includes(pods.metric.name), pods.metric.name);
      if (external) ok(offered.get('external')?.includes(external.metric.name), external.metric.name);
    }
  }
});

test('Prometheus takes the jobs for Kubernetes, under the names the rules know', {
  skip: without('prometheus'),
}, async (t) => {
  const jobs = parse(read('kubernetes/monitoring/scrape-configs.yaml')) as { job_name: string }[];
  // Debian's Prometheus is built without looking for pods; all the rest of a job it can check.
  const elsewhere = jobs.map((job) => ({ ...job, kubernetes_sd_configs: undefined, static_configs: [] }));
  deepEqual(
    jobs.map(({ job_name }) => job_name),
    (parse(read('prometheus/prometheus.yml')) as { scrape_configs: typeof jobs }).scrape_configs.map(
      (it) => it.job_name,
    ),
  );
  const folder = inDeploy(`.cache/scrape-${process.pid}`);
  t.after(() => rm(folder, { recursive: true, force: true }));
  await mkdir(folder, { recursive: true });
  await writeFile(`${folder}/prometheus.yml`, stringify({ scrape_configs: elsewhere }, { keepUndefined: false }));
  await check('prometheus', 'check', 'config', `${folder}/prometheus.yml`);
});
