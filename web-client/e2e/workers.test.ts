import { ok } from 'node:assert/strict';
import { test } from 'node:test';
import { expectMatrix, expectTold, expectTopology, playFleet, SFU_ONLY, SilenceWatch } from './harness/index.ts';

/** Whoever was on the worker opens a new session; on a busy machine that takes its time. */
const NEVER_THIS_SILENT_MS = 10_000;

test('a call that spans two workers: everyone hears everyone, also when one of the two is killed', (t) =>
  playFleet({ sfus: 1, signaling: SFU_ONLY, sfuServer: { WORKERS: 2, WORKER_PEERS_MAX: 2 } }, async (scene) => {
    const [node] = scene.platform.sfus;
    ok(node);
    const people = await Promise.all(['Ann', 'Ben', 'Cleo', 'Dan'].map((name) => scene.person(name, { chord: true })));
    for (const person of people) await person.join(scene.platform.url, 'workers');
    await expectMatrix(people);
    await expectTopology(people, 'sfu');
    // Two routers joined by one pipe, through which each of the four goes once to where it was not made.
    await node.expectMetrics({
      parley_sfu_rooms: 1,
      parley_sfu_routers: 2,
      parley_sfu_peers: 4,
      parley_sfu_transports: 8,
      parley_sfu_pipes: 2,
      parley_sfu_producers: 8,
      parley_sfu_consumers: 16,
    });

    const { room, worker: home } = scene.platform.home;
    const other = node.workers.find((pid) => pid !== home);
    ok(other);
    const watch = await SilenceWatch.begin(people);
    process.kill(other, 'SIGKILL');
    // Until it has been noticed, they may still be heard from what was on its way.
    await node.expectMetrics({ parley_sfu_rooms: 1, parley_sfu_peers: 4, parley_sfu_worker_deaths_total: 1 });
    await expectMatrix(people);
    ok(node.rooms.includes(room), 'the room is the same');
    await expectTold(people);
    const { longestMs, lagMs } = await watch.read();
    t.diagnostic(`longest silence ${longestMs.toFixed(0)} ms (audio lagged ${lagMs.toFixed(0)} ms)`);
    ok(longestMs < NEVER_THIS_SILENT_MS, `${longestMs} ms of silence`);
  }));
