/**
 * How long the sound stops when a call moves from mesh to SFU and back, in real browsers with the real servers.
 *
 *   npm run bench:handover [-- --runs 20] [--record]
 *
 * Three people talk in chords, each in a tab of their own; two silent ones join (promotion) and leave (demotion). In
 * every listener a meter on `room.output` finds the longest silence of every speaker; a run counts with its worst
 * pair. After each move the same meter listens as long again while nothing moves: that is the limit to compare with.
 */
import { parseArgs } from 'node:util';
import { play } from '@parley/e2e/harness';
import { figuresOf, table } from './figures.ts';
import { type Direction, HandoverCall, type Sample, SETTINGS } from './handover-call.ts';
import { describeCommit, describeMachine } from './machine.ts';
import { record } from './results.ts';

const DIRECTIONS: readonly Direction[] = ['promotion', 'demotion'];
/** More lag than this, and the machine was too busy for the figure to mean anything. */
const TOLERABLE_LAG_MS = 100;

const { values: options } = parseArgs({
  options: { runs: { type: 'string', default: '20' }, record: { type: 'boolean', default: false } },
});
const runs = Number(options.runs);
if (!Number.isInteger(runs) || runs < 1) throw new RangeError(`--runs wants a whole number, not ${options.runs}`);

const moves: Record<Direction, Sample[]> = { promotion: [], demotion: [] };
const rests: Record<Direction, Sample[]> = { promotion: [], demotion: [] };

console.log(`${describeMachine()}; commit ${describeCommit()}; ${runs} promotions and ${runs} demotions`);
await play({ signaling: SETTINGS }, async (scene) => {
  const call = await HandoverCall.begin(scene);
  for (let run = 1; run <= runs; run += 1) {
    const words: string[] = [];
    for (const direction of DIRECTIONS) {
      const move = await call.move(direction);
      const rest = await call.rest(move.listenedMs);
      moves[direction].push(move);
      rests[direction].push(rest);
      const busy = move.lagMs > TOLERABLE_LAG_MS ? `, ${move.lagMs.toFixed(0)} ms late` : '';
      words.push(
        `${direction} ${move.silenceMs.toFixed(1)} ms (SDK ${move.reportedMs}, at rest ${rest.silenceMs.toFixed(1)}${busy})`,
      );
    }
    console.log(`run ${run}: ${words.join('; ')}`);
  }
});

const rows = DIRECTIONS.flatMap((direction) => {
  const row = (what: string, values: readonly number[]) => {
    const { p50, p95, max } = figuresOf(values);
    return [`${direction}: ${what}`, values.length, p50, p95, max];
  };
  return [
    row(
      'silence, measured',
      moves[direction].map((sample) => sample.silenceMs),
    ),
    row(
      'silence, as the SDK says',
      moves[direction].map((sample) => sample.reportedMs ?? Number.NaN),
    ),
    row(
      'at rest afterwards, measured',
      rests[direction].map((sample) => sample.silenceMs),
    ),
    row(
      'lag of the machine',
      moves[direction].map((sample) => sample.lagMs),
    ),
  ];
});
console.log(`\n${table([['ms', 'runs', 'p50', 'p95', 'max'], ...rows])}\n`);

const results = DIRECTIONS.map((direction) => ({
  bench: 'handover',
  direction,
  runs: moves[direction].length,
  silence_ms: figuresOf(moves[direction].map((sample) => sample.silenceMs)),
}));
if (options.record) {
  const words = results.map(({ direction, silence_ms: { p50, p95, max } }) => {
    const rest = figuresOf(rests[direction].map((sample) => sample.silenceMs));
    return `${direction}: silence p50 ${p50}, p95 ${p95}, max ${max} ms (at rest ${rest.p50}, ${rest.p95}, ${rest.max})`;
  });
  record(`handover, ${runs} runs`, words.join('; '));
}
for (const result of results) console.log(JSON.stringify(result));
