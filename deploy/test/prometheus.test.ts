import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { check, without } from './checkers.ts';
import { exposedMetrics } from './exposed.ts';
import { dashboard, filesIn, metricsIn, metricsInDocs, read, rules, ruleTests } from './expressions.ts';

const skip = without('prometheus');

test('Prometheus takes its configuration and all rules', { skip }, async () => {
  await check('prometheus', 'check', 'config', 'deploy/prometheus/prometheus.yml');
});

test('every alert fires when it should, and not before', { skip }, async () => {
  await check('prometheus', 'test', 'rules', ...filesIn('prometheus/tests', '.yml').map((path) => `deploy/${path}`));
});

test('every alert has a test in which it fires', () => {
  const tested = new Set(
    ruleTests().flatMap(({ alertname, exp_alerts: fired }) => (fired.length > 0 ? alertname : [])),
  );
  deepEqual(
    rules().flatMap(({ alert }) => (alert === undefined || tested.has(alert) ? [] : alert)),
    [],
  );
});

test('what an expression asks for is found in it', () => {
  const expr = 'sum by (le) (rate(a_bucket{code="b"}[5m])) / on (c) group_left max(d:e)';
  deepEqual(metricsIn({ where: 'here', expr }), new Set(['a_bucket', 'd:e']));
});

test('rules, the dashboard and operations.md ask only for what the servers expose', async () => {
  const known = await exposedMetrics();
  // A histogram is spoken of by its name, too.
  const isKnown = (name: string) => known.has(name) || known.has(`${name}_bucket`);
  deepEqual(
    [...metricsInDocs()].filter((name) => !isKnown(name)),
    [],
  );
  // Prometheus' own, of every target.
  known.add('up');
  for (const { record } of rules()) if (record !== undefined) known.add(record);
  const unknown = [...rules(), ...dashboard().expressions].flatMap((asked) =>
    [...metricsIn(asked)].filter((name) => !known.has(name)).map((name) => `${asked.where}: ${name}`),
  );
  deepEqual(unknown, []);
});

test('the dashboard asks the data source that is provisioned, in every panel', () => {
  const { datasources } = parse(read('grafana/provisioning/datasources/prometheus.yml')) as {
    datasources: { uid: string }[];
  };
  const { panels } = dashboard();
  const asked = panels.flatMap(({ targets, datasource }) => (targets ? [datasource?.uid] : []));
  deepEqual([...new Set(asked)], [datasources[0]?.uid]);
});
