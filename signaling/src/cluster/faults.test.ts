import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { hasRedis } from '../../../scripts/redis-process.mjs';
import { SignalingNodes } from '../../../scripts/signaling-nodes.mjs';
import { Crowd } from '../testing/crowd/crowd.ts';
import { FAULT_NAMES, FAULTS, type FaultName } from '../testing/crowd/faults.ts';
import { Chance } from '../testing/crowd/random.ts';

const WALKERS = 36;
const FAULTS_A_RUN = 3;
const ROOMS = ['red', 'green', 'blue', 'white'];
const KEPT_LOG_LINES = 300;
/** `FAULT_SEEDS=100 FAULT_SEED=1 npm test -- unit cluster/faults` looks further; one seed repeats what it did. */
const FIRST = Number(process.env.FAULT_SEED ?? 1);
const COUNT = Number(process.env.FAULT_SEEDS ?? 2);

const SETTINGS = {
  SESSION_SECRET: 'a-secret-for-the-tests-only',
  RESUME_WINDOW_MS: '8000',
  MESH_MAX_PEERS: '64',
  LOG_LEVEL: 'info',
  DRAIN_MS: '2000',
  // All of the crowd has one address.
  ADDRESS_CONNECTIONS_MAX: '1000',
  ADDRESS_CONNECTS_PER_MINUTE: '100000',
};

/** Three real nodes and a crowd on them; what they said is printed when the test fails. */
async function withCluster(act: (cluster: SignalingNodes) => Promise<void>): Promise<void> {
  const log: string[] = [];
  const cluster = await SignalingNodes.start({
    env: SETTINGS,
    onLog: (name, { time, level, message, ...fields }) => {
      log.push(`${String(time ?? '').slice(11, 23)} ${name} ${level} ${message} ${JSON.stringify(fields)}`);
      if (log.length > KEPT_LOG_LINES) log.shift();
    },
  });
  try {
    await act(cluster);
  } catch (error) {
    console.error(log.join('\n'));
    throw error;
  } finally {
    await cluster.close();
  }
}

async function live(t: TestContext, seed: number, faults: (chance: Chance) => FaultName[]): Promise<void> {
  const chance = new Chance(seed);
  await withCluster(async (cluster) => {
    const urlTo = () => cluster.urlTo(chance.between(0, cluster.nodes.length - 1));
    const crowd = new Crowd({ chance, rooms: ROOMS, urlTo });
    try {
      await crowd.gather(WALKERS);
      await crowd.settle();
      crowd.start();
      const suffered = faults(chance);
      t.diagnostic(`seed ${seed}: ${suffered.join(', ')}`);
      for (const name of suffered) {
        await FAULTS[name](cluster, chance);
        await pause(chance.between(0, 1_500));
      }
      await crowd.stop();
      const mended = performance.now();
      await crowd.settle();
      t.diagnostic(`all agree ${((performance.now() - mended) / 1000).toFixed(1)} s after the last fault`);
      assert.deepEqual(await crowd.misstatements(), []);
      assert.deepEqual(crowd.complaints, []);
      assert.deepEqual(crowd.losses, [], 'nobody is lost on the way');
      await crowd.disperse();
    } finally {
      crowd.close();
    }
  });
}

const skip = hasRedis() ? false : 'redis-server is missing, see above';

for (let seed = FIRST; seed < FIRST + COUNT; seed += 1) {
  const title = `three nodes, a crowd and faults at random: all agree in the end (seed ${seed})`;
  test(title, { skip }, (t) =>
    live(t, seed, (chance) => Array.from({ length: FAULTS_A_RUN }, () => chance.pick(FAULT_NAMES))),
  );
}
