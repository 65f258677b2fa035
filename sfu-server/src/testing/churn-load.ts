/**
 * The SFU server with people who come and go and workers that are killed, for `bench/churn.ts`:
 * `churn-load.ts '{"joins":10000,"phases":10,"joinsPerKill":200,"seed":1}'`. After each phase nothing may be left on any
 * worker, and the memory is told. The last line is JSON.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parse } from '@parley/shared/protocol';
import { createLogger, systemClock } from '@parley/shared/runtime';
import * as v from 'valibot';
import { startSfuServer } from '../server.ts';
import { churn, seeded } from './churn.ts';
import { assertEmpty } from './empty.ts';
import { ControlLink } from './link.ts';
import { rssOf } from './memory.ts';
import { SECRET, testConfig } from './sfu.ts';
import { until } from './until.ts';
import { workerBin } from './worker-bin.ts';

const Order = v.object({ joins: v.number(), phases: v.number(), joinsPerKill: v.number(), seed: v.number() });
const WORKERS = 2;

const order = parse(Order, JSON.parse(process.argv[2] ?? ''));
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const server = await startSfuServer({
  // Rooms grow to the second worker and back.
  config: testConfig({ WORKERS: String(WORKERS), WORKER_PEERS_MAX: '4' }),
  clock: systemClock,
  // A killed worker is an error of its own; what is reported is that nothing is left of it.
  log: createLogger({ level: 'silent', write: () => {} }),
  workerBin,
});
const link = await ControlLink.open({ port: server.port, secret: SECRET });
const random = seeded(order.seed);
const phases: { heap_mb: number; rss_mb: number; workers_rss_mb: number }[] = [];
const total = { joins: 0, kills: 0, refusals: {} as Record<string, number> };
for (let phase = 1; phase <= order.phases; phase += 1) {
  const joins = Math.ceil(order.joins / order.phases);
  const told = await churn(server, link, { joins, joinsPerKill: order.joinsPerKill, random });
  total.joins += told.joins;
  total.kills += told.kills;
  for (const [code, count] of Object.entries(told.refusals)) total.refusals[code] = (total.refusals[code] ?? 0) + count;
  await until('all workers to be back', () => server.pool.workers.length === WORKERS);
  await assertEmpty(server);
  collectGarbage();
  const { heapUsed, rss } = process.memoryUsage();
  const workers = server.pool.workers.reduce((sum, { pid }) => sum + rssOf(pid), 0);
  const memory = { heap_mb: toMb(heapUsed), rss_mb: toMb(rss), workers_rss_mb: toMb(workers) };
  phases.push(memory);
  process.stdout.write(`phase ${phase}: ${total.joins} joins, ${total.kills} kills, ${JSON.stringify(memory)}\n`);
}
link.close();
await server.close();
process.stdout.write(`${JSON.stringify({ ...total, phases })}\n`, () => process.exit(0));

function toMb(bytes: number): number {
  return Math.round((bytes / 2 ** 20) * 10) / 10;
}
