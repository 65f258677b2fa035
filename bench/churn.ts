/**
 * Whether anything is left of people who came and went: in the books, on the workers, in memory.
 *
 *   npm run bench:churn [-- --joins 10000 --seed 1 | --quick] [--record]
 *
 * The real SFU server with two workers in a process of its own (sfu-server/src/testing/churn-load.ts), over its control link:
 * people join a few rooms, speak, listen, mute, come again and leave by every way there is, several at a time, while about
 * once in 200 joins a worker is killed. Ten times on the way all rooms are closed: then the dump of every worker must be
 * empty, or the bench fails, and the heap, after a garbage collection, should be what it was after the second time.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { table } from './figures.ts';
import { describeCommit, describeMachine } from './machine.ts';
import { record } from './results.ts';

const LOAD = fileURLToPath(new URL('../sfu-server/src/testing/churn-load.ts', import.meta.url));
const PHASES = 10;
const JOINS_PER_KILL = 200;
/** By then whatever is made once has been made. */
const WARM_PHASE = 1;

interface Churned {
  joins: number;
  kills: number;
  refusals: Record<string, number>;
  phases: { heap_mb: number; rss_mb: number; workers_rss_mb: number }[];
}

const { values: options } = parseArgs({
  options: {
    joins: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    quick: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
  },
});
const joins = Number(options.joins ?? (options.quick ? '1000' : '10000'));
if (!Number.isInteger(joins) || joins < PHASES) throw new RangeError(`--joins wants a number from ${PHASES}`);
const order = { joins, phases: PHASES, joinsPerKill: JOINS_PER_KILL, seed: Number(options.seed) };

console.log(`${describeMachine()}; commit ${describeCommit()}; seed ${order.seed}`);
const load = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', LOAD, JSON.stringify(order)], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
process.once('exit', () => load.kill());
let last = '';
createInterface({ input: load.stdout }).on('line', (line) => {
  if (line.startsWith('phase')) console.log(line);
  last = line;
});
const code = await new Promise<number | null>((resolve) => load.once('close', resolve));
if (code !== 0) throw new Error(`something was left, or refused (exit code ${code}); see above`);
const { phases, ...told } = JSON.parse(last) as Churned;
const [warm, end] = [phases[WARM_PHASE], phases.at(-1)];
if (!warm || !end) throw new Error('it did not tell of its memory');
console.log(
  `\n${table([
    ['MB', 'heap', 'process', 'workers'],
    ['after a fifth', warm.heap_mb, warm.rss_mb, warm.workers_rss_mb],
    ['at the end', end.heap_mb, end.rss_mb, end.workers_rss_mb],
  ])}\n`,
);
const result = {
  bench: 'churn',
  joins: told.joins,
  kills: told.kills,
  left_objects: 0,
  heap_mb: end.heap_mb,
  heap_growth_mb: Math.round((end.heap_mb - warm.heap_mb) * 10) / 10,
  rss_mb: end.rss_mb,
  rss_growth_mb: Math.round((end.rss_mb - warm.rss_mb) * 10) / 10,
};
if (options.record) {
  record(
    `churn, ${told.joins} joins`,
    `${told.kills} workers killed, nothing left in any dump; heap ${warm.heap_mb} MB after a fifth, ${end.heap_mb} at the end; ` +
      `process ${warm.rss_mb}, ${end.rss_mb} MB`,
  );
}
console.log(JSON.stringify(result));
