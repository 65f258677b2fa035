import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import {
  expectMatrix,
  type Person,
  pause,
  playCluster,
  SFU_ONLY,
  SilenceWatch,
  until,
  withoutRedis,
} from './harness/index.ts';

const NEVER_THIS_SILENT_MS = 500;

/** What a room told its people that they may have noticed, besides who talks. */
async function noticedBy(person: Person): Promise<string[]> {
  const events = await person.events();
  return events
    .filter(({ event }) => event !== 'speaking')
    .map(({ event, data }) => `${event} ${JSON.stringify(data)}`);
}

for (const kind of ['mesh', 'sfu'] as const) {
  test(
    `a node that is stopped hands its people over, and nobody hears or sees it (${kind})`,
    { skip: withoutRedis },
    (t) =>
      playCluster({ nodes: 2, signaling: kind === 'sfu' ? SFU_ONLY : {} }, async (scene) => {
        const { platform } = scene;
        const people = await Promise.all(['Ann', 'Ben', 'Cleo'].map((name) => scene.person(name, { chord: true })));
        // Two at the node that goes, one at the node that stays.
        for (const [i, who] of people.entries()) await who.join(platform.urlTo(i === 2 ? 1 : 0), 'drain');
        await expectMatrix(people);
        await until('everyone is connected', async () => {
          const views = await Promise.all(people.map((who) => who.view()));
          return views.every(({ connectionState }) => connectionState === 'connected') ? null : 'Not yet.';
        });
        equal((await platform.metrics(platform.node(0))).get('parley_connections'), 2);
        // What is left of the way there.
        await pause(2_000);
        const before = await Promise.all(people.map(noticedBy));
        const watch = await SilenceWatch.begin(people);

        const begun = performance.now();
        await platform.node(0).drain();
        t.diagnostic(`drained in ${Math.round(performance.now() - begun)} ms`);
        equal(platform.node(0).isUp, false);
        equal((await platform.metrics(platform.node(1))).get('parley_connections'), 3);
        await expectMatrix(people);
        await pause(1_000);
        const { longestMs, lagMs } = await watch.read();
        t.diagnostic(`longest silence ${longestMs.toFixed(1)} ms (audio lagged ${lagMs.toFixed(0)} ms)`);
        ok(longestMs < NEVER_THIS_SILENT_MS, `${longestMs} ms of silence`);
        deepEqual(await Promise.all(people.map(noticedBy)), before);
        const [ann, , cleo] = people;
        await ann?.setMuted(true);
        await until('Cleo sees that Ann is mute, through the node that is left', async () => {
          const seen = (await cleo?.view())?.participants.find(({ name }) => name === 'Ann');
          return seen?.muted ? null : 'Not yet.';
        });
      }),
  );
}
