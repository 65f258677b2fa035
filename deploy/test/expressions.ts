import { readdirSync, readFileSync } from 'node:fs';
import { parser } from '@prometheus-io/lezer-promql';
import { parse } from 'yaml';
import { inRoot } from '../../scripts/paths.mjs';
import { inDeploy } from './checkers.ts';

export interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
}

/** A PromQL expression, and where it is written. */
export interface Expression {
  readonly where: string;
  readonly expr: string;
}

/** Files of the deploy folder, by their paths in it. */
export const filesIn = (folder: string, ending: string): string[] =>
  readdirSync(inDeploy(folder))
    .filter((name) => name.endsWith(ending))
    .map((name) => `${folder}/${name}`);

export const read = (path: string): string => readFileSync(inDeploy(path), 'utf8');

/** All recording and alerting rules. */
export const rules = (): readonly (Rule & { where: string })[] =>
  filesIn('prometheus/rules', '.yml').flatMap((path) => {
    const { groups } = parse(read(path)) as { groups: { rules: Rule[] }[] };
    return groups.flatMap((group) => group.rules.map((rule) => ({ ...rule, where: path })));
  });

/** The tests of the rules, as promtool reads them. */
export const ruleTests = () =>
  filesIn('prometheus/tests', '.yml').flatMap((path) => {
    const { tests } = parse(read(path), { merge: true }) as {
      tests: { alert_rule_test: { alertname: string; exp_alerts: unknown[] }[] }[];
    };
    return tests.flatMap((one) => one.alert_rule_test);
  });

/** Names of all metrics an expression asks for. @throws {Error} when it is no PromQL */
export function metricsIn({ expr, where }: Expression): Set<string> {
  const names = new Set<string>();
  parser.parse(expr).iterate({
    enter: ({ type, from, to, node }) => {
      if (type.isError) throw new Error(`${where}: not PromQL at "${expr.slice(from)}" of ${expr}`);
      if (type.name === 'Identifier' && node.parent?.type.name === 'VectorSelector') names.add(expr.slice(from, to));
    },
  });
  return names;
}

/** Names of all metrics that docs/operations.md speaks of. */
export const metricsInDocs = (): Set<string> =>
  new Set(readFileSync(inRoot('docs/operations.md'), 'utf8').match(/\bparley_[a-z_]+/g) ?? []);

interface Panel {
  readonly title: string;
  readonly datasource?: { uid: string };
  readonly targets?: readonly { expr: string }[];
}

/** What Grafana puts in place of its own variable. */
const RATE_INTERVAL = /\$__rate_interval/g;

/** The dashboard's panels, and what they ask. */
export const dashboard = (): { panels: readonly Panel[]; expressions: readonly Expression[] } => {
  const { panels } = JSON.parse(read('grafana/dashboards/parley.json')) as { panels: Panel[] };
  const expressions = panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({ where: `dashboard, "${title}"`, expr: expr.replace(RATE_INTERVAL, '1m') })),
  );
  return { panels, expressions };
};
