import { ok } from 'node:assert/strict';
import { test } from 'node:test';
import {
  expectMatrix,
  expectTopology,
  type Fleet,
  pause,
  playFleet,
  SFU_ONLY,
  SilenceWatch,
  until,
} from './harness/index.ts';

/** The goal is one second, see bench:faults; a test asserts that people hear each other again without doing anything. */
const NEVER_THIS_SILENT_MS = 10_000;
/** Until everyone was told: a node is gone as soon as its host refuses connections. */
const TOLD_WITHIN_MS = 3_000;

/** What signaling logs then. */
const LOST = '"reason":"sfu_lost"';

/** How long after `since` the room was told that its SFU is lost, in ms. */
function toldAfterMs({ log }: Fleet, since: Date): number {
  const line = log.split('\n').findLast((it) => it.includes(LOST)) ?? '';
  return new Date(`${since.toISOString().slice(0, 11)}${line.slice(0, 12)}Z`).getTime() - since.getTime();
}

for (const [what, kill] of [
  ['the worker that carries a call', async ({ home }: Fleet) => process.kill(home.worker, 'SIGKILL')],
  ['the node that carries a call', ({ home }: Fleet) => home.node.kill()],
] as const) {
  test(`${what} is killed: it goes on elsewhere`, (t) =>
    playFleet({ sfus: 2, signaling: SFU_ONLY, sfuServer: { WORKERS: 2 } }, async (scene) => {
      const { platform } = scene;
      const people = await Promise.all(['Ann', 'Ben', 'Cleo'].map((name) => scene.person(name, { chord: true })));
      for (const person of people) await person.join(platform.url, 'killed');
      await expectMatrix(people);
      await expectTopology(people, 'sfu');
      const { room } = platform.home;
      await pause(1_000);
      const watch = await SilenceWatch.begin(people);

      const since = new Date();
      await kill(platform);
      // Until it has been noticed, all is as it was.
      await until('the room is told', async () => (platform.log.includes(LOST) ? null : 'Not yet.'));
      await expectMatrix(people);
      await pause(1_000);
      const { longestMs, lagMs } = await watch.read();
      const toldMs = toldAfterMs(platform, since);
      t.diagnostic(
        `told after ${toldMs} ms; longest silence ${longestMs.toFixed(0)} ms (audio lagged ${lagMs.toFixed(0)} ms)`,
      );
      ok(toldMs < TOLD_WITHIN_MS, `told after ${toldMs} ms`);
      ok(longestMs < NEVER_THIS_SILENT_MS, `${longestMs} ms of silence`);
      ok(platform.home.room !== room, 'another SFU room carries it');
    }));
}
