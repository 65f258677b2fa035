import { equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { expectMatrix, expectTold, expectTopology, playFleet, SFU_ONLY, SilenceWatch } from './harness/index.ts';

/** Whoever was on the node opens a new session; on a busy machine that takes its time. */
const NEVER_THIS_SILENT_MS = 10_000;

test('a call that spans two nodes: everyone hears everyone, also when one of the two is killed', (t) =>
  // Each node takes two: those who come third and fourth are on another than the room's home, and there is a third one.
  playFleet({ sfus: 3, signaling: SFU_ONLY, sfuServer: { WORKERS: 1, CAPACITY: 2 } }, async (scene) => {
    const { platform } = scene;
    const people = await Promise.all(['Ann', 'Ben', 'Cleo', 'Dan'].map((name) => scene.person(name, { chord: true })));
    for (const person of people) await person.join(platform.url, 'nodes');
    await expectMatrix(people);
    await expectTopology(people, 'sfu');
    const { room, node: home } = platform.home;
    const peers = await Promise.all(platform.sfus.map(async (node) => (await node.metrics()).get('parley_sfu_peers')));
    const edge = platform.sfus.find((node, i) => node !== home && peers[i] === 2);
    ok(edge, `two people are on another node: ${peers}`);
    // Two microphones each way, and all four are there to be heard.
    for (const node of [home, edge]) {
      await node.expectMetrics({ parley_sfu_peers: 2, parley_sfu_pipes: 1, parley_sfu_producers: 4 });
    }

    const watch = await SilenceWatch.begin(people);
    await edge.kill();
    // Until then they may still be heard from what was on its way.
    const third = platform.sfus.find((node) => node !== home && node !== edge);
    ok(third);
    await third.expectMetrics({ parley_sfu_peers: 2, parley_sfu_producers: 4 });
    await expectMatrix(people);
    equal(platform.home.room, room, 'the room is the same');
    await expectTold(people);
    const { longestMs, lagMs } = await watch.read();
    t.diagnostic(`longest silence ${longestMs.toFixed(0)} ms (audio lagged ${lagMs.toFixed(0)} ms)`);
    ok(longestMs < NEVER_THIS_SILENT_MS, `${longestMs} ms of silence`);
  }));
