import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import type { QualityReport } from '@parley/shared/protocol';
import { MemoryRoomStore } from '../store/memory/room-store.ts';
import type { RoomStore } from '../store/room-store.ts';
import { TestServer } from '../testing/server.ts';
import { until } from '../testing/until.ts';
import { Instruments } from './instruments.ts';
import { Metrics } from './metrics.ts';

const report: QualityReport = {
  roomId: 'lobby',
  path: 'mesh',
  mos: 4.1,
  rtt: 80,
  jitter: 5,
  jitterBuffer: 60,
  loss: 0.02,
  sendBitrate: 32_000,
  receiveBitrate: 64_000,
  firstAudioMs: 700,
  attempts: [
    { path: 'mesh', outcome: 'connected', ms: 300 },
    { path: 'mesh', outcome: 'unreachable', ms: 12_000 },
  ],
  handovers: [{ from: 'mesh', to: 'sfu', silenceMs: 30 }],
};

function metricsOf(t: TestContext, store: RoomStore = new MemoryRoomStore()): Metrics {
  const metrics = new Metrics({ store, nodeId: 'node-1', connections: () => 3, sfuNodes: () => 0 });
  t.after(() => metrics.close());
  return metrics;
}

interface Series {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** Everything a scrape tells. */
function parse(text: string): Series[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name = '', inner = '', value] = /^([a-z0-9_]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      const labels = Object.fromEntries(
        [...inner.matchAll(/([a-zA-Z_]+)="((?:[^"\\]|\\.)*)"/g)].map(([, label, of]) => [label, of]),
      );
      return { name, labels, value: Number(value) };
    });
}

const BASE_UNITS = /_(seconds|bytes|ratio|info|mos)$/;
/** Gauges that count things need no unit, nor do they have one. */
const COUNTS =
  /^parley_(connections|rooms|rooms_by_size|participants|nodes|sfu_nodes|match_tickets|webhook_backlog|presence_users|presence_watches)$/;
const FLAGS = /^parley_redis_up$/;

test('every metric says what it is, and its name ends as Prometheus would have it', async (t) => {
  for (const { name, help, type } of await metricsOf(t).registry.getMetricsAsJSON()) {
    if (!name.startsWith('parley_')) continue;
    assert.ok(help.length > 15, `${name} has help`);
    assert.match(name, /^[a-z][a-z0-9_]*$/);
    const kind = String(type);
    if (kind === 'counter') assert.match(name, /_total$/, name);
    else assert.doesNotMatch(name, /_total$/, name);
    if (kind === 'histogram') assert.match(name, /_(seconds|bytes|ratio|mos|bytes_per_second)$/, name);
    if (kind === 'gauge') assert.ok(BASE_UNITS.test(name) || COUNTS.test(name) || FLAGS.test(name), name);
    assert.doesNotMatch(name, /_(ms|milliseconds|kb|percent|bits|minutes)(_|$)/, `${name} is in a base unit`);
  }
});

test('what docs/operations.md asks Prometheus for, there is', async (t) => {
  const metrics = await metricsOf(t).registry.getMetricsAsJSON();
  const names = new Set(metrics.map(({ name }) => name));
  const page = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8');
  const asked = [...page.matchAll(/\bparley_[a-z0-9_]*[a-z0-9]\b/g)].map(([name]) => name);
  assert.ok(asked.length > 20);
  const missing = asked.filter((name) => !names.has(name) && !names.has(name.replace(/_(bucket|sum|count)$/, '')));
  assert.deepEqual(
    missing.filter((name) => !/^parley_sfu_/.test(name)),
    [],
  );
});

test('whatever it is told, a label has one of the values it may have', async (t) => {
  const metrics = metricsOf(t);
  const stranger = 'Ann of lobby at 192.0.2.7';
  metrics.answered(stranger, stranger);
  metrics.limits.hit(stranger as never);
  metrics.sweeps.swept(stranger as never, 2);
  metrics.matches.ended(stranger as never);
  metrics.webhooks.attempted(stranger as never);
  metrics.happened({ type: 'participantLeft', participantId: stranger, reason: stranger } as never);
  metrics.happened({ type: 'topologyChanged', reason: stranger } as never);
  metrics.quality.reported({
    ...report,
    path: stranger as never,
    attempts: [{ path: stranger as never, outcome: stranger as never, ms: 1 }],
    handovers: [{ from: stranger as never, to: stranger as never, silenceMs: 1 }],
  });
  const text = await metrics.registry.metrics();
  assert.ok(!text.includes('Ann'), 'no word of the stranger');
  const others = parse(text).filter(({ labels }) => Object.values(labels).includes('other'));
  assert.ok(others.some(({ name }) => name === 'parley_limit_hits_total'));
});

test('no room, user, address or token of a real conversation is in any series', async (t) => {
  const server = await TestServer.start(t);
  const room = 'Qroomzz';
  const [ann, ben] = [await server.member(t, 'Qannzz', room), await server.member(t, 'Qbenzz', room)];
  await ann.request('quality:report', { ...report, roomId: room });
  await ben.refusal(`Qrequestzz`, {});
  await ben.refusal('room:leave', { roomId: 'Qnowherezz' });
  ben.cut();
  await ann.hears('participantUpdated');
  await ann.request('room:leave', { roomId: room });
  const text = await (await fetch(`${server.url}/metrics`)).text();
  const secrets = [/Q[a-z]+zz/, new RegExp(ann.id), /127\.0\.0\.1/, new RegExp(ann.joined?.resumeToken ?? 'x')];
  for (const secret of secrets) assert.doesNotMatch(text, secret);
  const known = new Set(['request', 'code', 'reason', 'phase', 'size', 'le', 'quantile', 'limit', 'kind', 'result']);
  for (const label of ['path', 'direction', 'outcome', 'from', 'to']) known.add(label);
  for (const { name, labels } of parse(text)) {
    if (!name.startsWith('parley_')) continue;
    for (const [label, value] of Object.entries(labels)) {
      assert.ok(known.has(label), `${name} has a label ${label}`);
      assert.match(value, /^[A-Za-z0-9_:.+-]{1,40}$/, `${name} ${label}=${value}`);
    }
  }
});

test('a quality report is counted, in base units', async (t) => {
  const server = await TestServer.start(t);
  const ann = await server.member(t, 'Ann');
  await ann.request('quality:report', report);
  await ann.request('quality:report', { ...report, path: 'sfu', mos: null, rtt: null, loss: null, attempts: [] });
  for (const [name, value] of [
    ['parley_quality_reports_total{path="mesh"}', 1],
    ['parley_quality_reports_total{path="sfu"}', 1],
    ['parley_quality_mos_sum{path="mesh"}', 4.1],
    ['parley_quality_round_trip_seconds_sum{path="mesh"}', 0.08],
    ['parley_quality_loss_ratio_sum{path="mesh"}', 0.02],
    ['parley_quality_bandwidth_bytes_per_second_sum{path="mesh",direction="up"}', 4000],
    ['parley_handover_silence_seconds_sum{from="mesh",to="sfu"}', 0.06],
    ['parley_quality_first_audio_seconds_count{path="sfu"}', 1],
    ['parley_media_path_attempts_total{path="mesh",outcome="connected"}', 1],
    ['parley_media_path_attempts_total{path="mesh",outcome="unreachable"}', 1],
    ['parley_media_path_attempts_total{path="sfu",outcome="connected"}', 0],
    ['parley_media_path_setup_seconds_sum{path="mesh"}', 0.3],
  ] as const) {
    assert.equal(await server.metric(name), value, name);
  }
  // What was not measured is not counted as nothing.
  assert.ok(Number.isNaN(await server.metric('parley_quality_mos_sum{path="sfu"}')));
});

test('only members report, and nobody counts for many', async (t) => {
  const server = await TestServer.start(t);
  const ann = await server.member(t, 'Ann');
  assert.equal(await ann.refusal('quality:report', { ...report, roomId: 'elsewhere' }), 'not_in_room');
  for (let i = 0; i < 16; i++) await ann.request('quality:report', report);
  assert.equal(await ann.refusal('quality:report', report), 'rate_limited');
  assert.equal(await server.metric('parley_quality_reports_total{path="mesh"}'), 16);
});

test('rooms are told by phase and by size', async (t) => {
  const server = await TestServer.start(t, { env: { MESH_MAX_PEERS: '2' } });
  await Promise.all([1, 2, 3].map((n) => server.member(t, `Person ${n}`, 'large')));
  await server.member(t, 'Ann', 'small');
  assert.equal(await server.metric('parley_rooms_by_size{size="3-4"}'), 1);
  assert.equal(await server.metric('parley_rooms_by_size{size="1"}'), 1);
  assert.equal(await server.metric('parley_rooms_by_size{size="250+"}'), 0);
  assert.equal(await server.metric('parley_participants'), 4);
  assert.equal(await server.metric('parley_rooms{phase="promoting"}'), 1);
});

test('an event handed to everyone is a broadcast', async (t) => {
  const server = await TestServer.start(t);
  const ann = await server.member(t, 'Ann');
  const before = await server.metric('parley_broadcast_latency_seconds_count');
  await server.member(t, 'Ben');
  await ann.hears('participantJoined');
  assert.equal(await server.metric('parley_broadcast_latency_seconds_count'), (before || 0) + 1);
});

test('a source that is out of reach hides no other', async (t) => {
  const store = new MemoryRoomStore();
  store.followed = () => {
    throw new Error('out of reach');
  };
  const metrics = metricsOf(t, store);
  metrics.cluster.redisUp = () => false;
  metrics.cluster.nodes = () => {
    throw new Error('out of reach');
  };
  const series = parse(await metrics.registry.metrics());
  const values = (of: string) => series.filter(({ name }) => name === of).map(({ value }) => value);
  assert.deepEqual(values('parley_rooms'), []);
  assert.deepEqual(values('parley_participants'), []);
  assert.deepEqual(values('parley_nodes'), []);
  assert.deepEqual(values('parley_connections'), [3]);
  assert.deepEqual(values('parley_redis_up'), [0]);
});

test('a late event loop is seen, once', async (t) => {
  const metrics = metricsOf(t);
  const lag = async (quantile: string) => {
    const series = parse(await metrics.registry.metrics());
    return series.find((it) => it.name === 'parley_event_loop_lag_seconds' && it.labels.quantile === quantile)?.value;
  };
  let worst = 0;
  await until('the lag to be seen', async () => {
    const end = performance.now() + 120;
    while (performance.now() < end);
    await new Promise((resolve) => setTimeout(resolve, 20));
    worst = (await lag('1')) ?? 0;
    return worst > 0.08;
  });
  await until('a scrape without it', async () => ((await lag('1')) ?? 1) < 0.08);
});

test('series begin at zero, counters never go back, and a histogram takes no nonsense', async () => {
  const instruments = new Instruments();
  const count = instruments.counter({ name: 'a_total', help: 'A', labels: { kind: ['x', 'y'] }, start: true });
  const observe = instruments.histogram({ name: 'b_seconds', help: 'B', labels: {}, buckets: [1] });
  count({ kind: 'x' }, -3);
  count({ kind: 'x' }, 2);
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, null]) observe({}, value);
  observe({}, -1);
  const series = parse(await instruments.registry.metrics());
  const value = (name: string, kind?: string) =>
    series.find((it) => it.name === name && (kind === undefined || it.labels.kind === kind))?.value;
  assert.deepEqual([value('a_total', 'x'), value('a_total', 'y')], [2, 0]);
  assert.deepEqual([value('b_seconds_count'), value('b_seconds_sum')], [1, 0]);
});
