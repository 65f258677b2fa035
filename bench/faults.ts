/**
 * How long the sound stops when something fails under a call, in real browsers with the real servers.
 *
 *   npm run bench:faults [-- --runs 20 --only worker_kill,node_kill | --quick] [--record]
 *
 * Three people talk in chords, each in a tab of their own, in a room on an SFU; there are two SFU servers with two workers
 * each (fault-call.ts), and everything is set as it is by default. In every listener a meter on `room.output` finds the
 * longest silence of every speaker; a run counts with its worst pair. After each fault (fault-kinds.ts) the same meter
 * listens as long again while nothing happens: that is the limit to compare with.
 */
import { parseArgs } from 'node:util';
import { playFleet } from '@parley/e2e/harness';
import { FaultCall, type FaultSample, FLEET } from './fault-call.ts';
import { FAULTS } from './fault-kinds.ts';
import { figuresOf, table } from './figures.ts';
import { describeCommit, describeMachine } from './machine.ts';
import { record } from './results.ts';

const QUICK_RUNS = '2';
/** More lag than this, and the machine was too busy for the figure to mean anything. */
const TOLERABLE_LAG_MS = 100;

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string' },
    only: { type: 'string', default: FAULTS.map(({ what }) => what).join(',') },
    quick: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
  },
});
const runs = Number(options.runs ?? (options.quick ? QUICK_RUNS : '20'));
if (!Number.isInteger(runs) || runs < 1) throw new RangeError(`--runs wants a whole number, not ${options.runs}`);
const faults = options.only.split(',').map((name) => {
  const fault = FAULTS.find(({ what }) => what === name);
  if (!fault)
    throw new RangeError(`there is no fault "${name}"; there are: ${FAULTS.map(({ what }) => what).join(', ')}`);
  return fault;
});

console.log(`${describeMachine()}; commit ${describeCommit()}; ${runs} runs of each fault`);
const rows: (string | number)[][] = [];
const results: object[] = [];
const words: string[] = [];
for (const fault of faults) {
  const struck: FaultSample[] = [];
  const rested: FaultSample[] = [];
  await playFleet(FLEET, async (scene) => {
    const call = await FaultCall.begin(scene);
    for (let run = 1; run <= runs; run += 1) {
      const sample = await call.suffer(fault);
      const rest = await call.rest(sample.listenedMs);
      struck.push(sample);
      rested.push(rest);
      const busy = sample.lagMs > TOLERABLE_LAG_MS ? `, ${sample.lagMs.toFixed(0)} ms late` : '';
      console.log(
        `${fault.what} ${run}: ${sample.silenceMs.toFixed(1)} ms (at rest ${rest.silenceMs.toFixed(1)}${busy}), ` +
          `all well after ${(sample.listenedMs / 1e3).toFixed(1)} s`,
      );
    }
  });
  const silence = figuresOf(struck.map(({ silenceMs }) => silenceMs));
  const rest = figuresOf(rested.map(({ silenceMs }) => silenceMs));
  const lag = figuresOf(struck.map(({ lagMs }) => lagMs));
  for (const [name, { p50, p95, max }] of [
    ['silence', silence],
    ['at rest afterwards', rest],
    ['lag of the machine', lag],
  ] as const) {
    rows.push([`${fault.what}: ${name}`, runs, p50, p95, max]);
  }
  results.push({ bench: 'faults', what: fault.what, runs, ...silence, rest_p50: rest.p50, rest_p95: rest.p95 });
  words.push(
    `${fault.what}: silence p50 ${silence.p50}, p95 ${silence.p95}, max ${silence.max} ms ` +
      `(at rest ${rest.p50}, ${rest.p95}, ${rest.max})`,
  );
}
console.log(`\n${table([['ms', 'runs', 'p50', 'p95', 'max'], ...rows])}\n`);
if (options.record) record(`faults, ${runs} runs of each`, words.join('; '));
for (const result of results) console.log(JSON.stringify(result));
