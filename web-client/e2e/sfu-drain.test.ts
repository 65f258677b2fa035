import { equal, ok } from 'node:assert/strict';
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

/** The goal is far less, see bench:faults; a test asserts that nobody could have thought the line dead. */
const NEVER_THIS_SILENT_MS = 500;
/** After the move: what is left of the old path is closed. */
const AFTERWARDS_MS = 1_000;

/** The next path was there before the one in use went. */
function expectMove({ log }: Fleet): void {
  ok(log.includes('"phase":"moving"'), 'the room was moved');
  ok(!log.includes('"reason":"sfu_lost"'), 'and had an SFU all the time');
}

test('an SFU node that is stopped hands its call over to another, and nobody hears it', (t) =>
  playFleet({ sfus: 2, signaling: SFU_ONLY }, async (scene) => {
    const { platform } = scene;
    const people = await Promise.all(['Ann', 'Ben', 'Cleo', 'Dan'].map((name) => scene.person(name, { chord: true })));
    for (const person of people) await person.join(platform.url, 'drain');
    await expectMatrix(people);
    await expectTopology(people, 'sfu');
    const { node, room } = platform.home;
    // What is left of the way there.
    await pause(AFTERWARDS_MS);
    const watch = await SilenceWatch.begin(people);

    const begun = performance.now();
    await node.drain();
    const drainedMs = performance.now() - begun;
    equal(node.isUp, false, 'the node has ended by itself');
    await expectMatrix(people);
    await pause(AFTERWARDS_MS);
    const { longestMs, lagMs } = await watch.read();
    t.diagnostic(
      `drained in ${Math.round(drainedMs)} ms; longest silence ${longestMs.toFixed(1)} ms on room.output` +
        (lagMs > 50 ? ` (the machine was ${lagMs.toFixed(0)} ms late)` : ''),
    );
    // What the machine could not keep up with is silence, too.
    ok(longestMs < NEVER_THIS_SILENT_MS + lagMs, `${longestMs} ms of silence`);

    const home = platform.home;
    ok(home.node !== node && home.room !== room, 'the room is on the other node');
    expectMove(platform);
    await until('everyone is connected', async () => {
      const views = await Promise.all(people.map((person) => person.view()));
      return views.every(({ connectionState }) => connectionState === 'connected') ? null : 'Not yet.';
    });
  }));

test('a node that carries some people of a call hands them over as well', (t) =>
  // Who comes fourth is on another node than the first three; two more nodes take the call over.
  playFleet({ sfus: 4, signaling: SFU_ONLY, sfuServer: { WORKERS: 1, CAPACITY: 3 } }, async (scene) => {
    const { platform } = scene;
    const people = await Promise.all(['Ann', 'Ben', 'Cleo', 'Dan'].map((name) => scene.person(name, { chord: true })));
    for (const person of people) await person.join(platform.url, 'edges');
    await expectMatrix(people);
    await expectTopology(people, 'sfu');
    const { node: home, room } = platform.home;
    const peers = await Promise.all(platform.sfus.map(async (node) => (await node.metrics()).get('parley_sfu_peers')));
    const edge = platform.sfus.find((node, i) => node !== home && peers[i] === 1);
    ok(edge, `one of four is on another node: ${peers}`);
    await pause(AFTERWARDS_MS);
    const watch = await SilenceWatch.begin(people);

    await edge.drain();
    await expectMatrix(people);
    await pause(AFTERWARDS_MS);
    const { longestMs, lagMs } = await watch.read();
    t.diagnostic(`longest silence ${longestMs.toFixed(1)} ms (audio lagged ${lagMs.toFixed(0)} ms)`);
    ok(longestMs < NEVER_THIS_SILENT_MS + lagMs, `${longestMs} ms of silence`);
    ok(platform.home.room !== room, 'the room has moved');
    expectMove(platform);
  }));
