/**
 * How many pairs a second one signaling node matches, and how long people wait, in memory and on one Redis.
 *
 *   npm run bench:match [-- --tickets 10000] [--pairs 50000] [--in-flight 1000] [--record]
 *
 * The real matchmaker runs as its own process, without sockets. `tickets` people wait in 50 places (language and
 * region) for someone who does not come; meanwhile others come, `in-flight` at a time: each queues, is found, confirms
 * and gets the pass of a room, which is when the waiting ends. Redis is one real redis-server, started here.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { RedisProcess } from '../scripts/redis-process.mjs';
import { table } from './figures.ts';
import { describeCommit, describeMachine } from './machine.ts';
import { record } from './results.ts';

const LOAD = fileURLToPath(new URL('../signaling/src/testing/match-load.ts', import.meta.url));
const DEADLINE_MS = 5 * 60_000;
const GOAL_PAIRS = 10_000;
const GOAL_P95_MS = 100;

interface Loaded {
  pairs_per_s: number;
  wait_ms_p50: number;
  wait_ms_p95: number;
  wait_ms_max: number;
  /** Processor time: what bounds the rate when the machine is free. */
  node_cpu_us_per_pair: number;
  redis_cpu_us_per_pair?: number;
  rss_mb: number;
}

const { values: options } = parseArgs({
  options: {
    tickets: { type: 'string', default: '10000' },
    pairs: { type: 'string', default: '50000' },
    'in-flight': { type: 'string', default: '1000' },
    record: { type: 'boolean', default: false },
  },
});
const whole = (name: 'tickets' | 'pairs' | 'in-flight') => {
  const value = Number(options[name]);
  if (!Number.isInteger(value) || value < 1) throw new RangeError(`--${name} wants a whole number`);
  return value;
};
const [tickets, pairs, inFlight] = [whole('tickets'), whole('pairs'), whole('in-flight')];

console.log(`${describeMachine()}; commit ${describeCommit()}; ${tickets} tickets wait, ${inFlight} people at a time`);
const results = [await measure('memory', undefined)];
const redis = await RedisProcess.start();
try {
  results.push(await measure('redis', redis.url));
} finally {
  await redis.close();
}

const rows = results.map((row) => {
  const cpu = [row.node_cpu_us_per_pair, row.redis_cpu_us_per_pair ?? ''];
  return [row.store, row.pairs_per_s, row.wait_ms_p50, row.wait_ms_p95, row.wait_ms_max, ...cpu];
});
console.log(
  `\n${table([['store', 'pairs/s', 'wait p50 ms', 'p95', 'max', 'node µs/pair', 'redis µs/pair'], ...rows])}`,
);
for (const { store, pairs_per_s, wait_ms_p95 } of results) {
  const rate = pairs_per_s >= GOAL_PAIRS ? 'met' : `${Math.round((100 * pairs_per_s) / GOAL_PAIRS)} % of it`;
  const wait = wait_ms_p95 < GOAL_P95_MS ? 'met' : `${(wait_ms_p95 / GOAL_P95_MS).toFixed(1)} times that`;
  console.log(`${store}: goal of ${GOAL_PAIRS} pairs/s: ${rate}; goal of p95 under ${GOAL_P95_MS} ms: ${wait}`);
}
console.log('');
if (options.record) {
  const words = results.map(
    (row) =>
      `${row.store}: ${row.pairs_per_s} pairs/s, wait p50 ${row.wait_ms_p50}, p95 ${row.wait_ms_p95} ms (processor time a pair: node ${row.node_cpu_us_per_pair}${row.redis_cpu_us_per_pair === undefined ? '' : `, Redis ${row.redis_cpu_us_per_pair}`} µs)`,
  );
  record(`match, ${tickets} tickets, ${inFlight} at a time`, words.join('; '));
}
for (const result of results) console.log(JSON.stringify(result));

async function measure(store: 'memory' | 'redis', url: string | undefined) {
  const order = JSON.stringify({ tickets, pairs, inFlight, ...(url === undefined ? {} : { redis: url }) });
  const running = promisify(execFile)(process.execPath, ['--disable-warning=ExperimentalWarning', LOAD, order], {
    timeout: DEADLINE_MS,
  });
  const loaded = JSON.parse((await running).stdout.trim().split('\n').at(-1) ?? '') as Loaded;
  return { bench: 'match', store, tickets, pairs, in_flight: inFlight, ...loaded };
}
