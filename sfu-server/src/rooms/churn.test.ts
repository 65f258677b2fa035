import { test } from 'node:test';
import { churn, seeded } from '../testing/churn.ts';
import { assertEmpty } from '../testing/empty.ts';
import { startTestSfu } from '../testing/sfu.ts';
import { until } from '../testing/until.ts';

/** Rooms grow to a second worker and back; the full length is `npm run bench:churn`. */
const SETTINGS = { WORKERS: '2', WORKER_PEERS_MAX: '4' };

test('people come and go while workers are killed, and nothing is left on any worker', async (t) => {
  const sfu = await startTestSfu(t, { env: SETTINGS });
  const seed = Date.now() % 1e6;
  const told = await churn(sfu, await sfu.link(), { joins: 250, joinsPerKill: 60, random: seeded(seed) });
  t.diagnostic(`seed ${seed}: ${JSON.stringify(told)}`);
  await until('all deaths to be noticed', () => sfu.pool.deaths === told.kills);
  await until('all workers to be back', () => sfu.pool.workers.length === 2);
  await assertEmpty(sfu);
});
