import { deepEqual, ok } from 'node:assert/strict';
import { test } from 'node:test';
import {
  expectMatrix,
  expectNames,
  expectTopology,
  type Person,
  pause,
  play,
  SFU_ONLY,
  SilenceWatch,
  until,
} from './harness/index.ts';

const DOWN_FOR_MS = 2_000;
const NEVER_THIS_SILENT_MS = 500;

/** Who is in the room, by name, as each of them sees it. */
async function idsSeenBy(people: readonly Person[]): Promise<string[]> {
  const seen: string[] = [];
  for (const person of people) {
    const { participants } = await person.view();
    seen.push(...participants.map(({ name, id }) => `${person.name} sees ${name} as ${id}`).sort());
  }
  return seen;
}

async function expectConnected(people: readonly Person[]): Promise<void> {
  await until('everyone is connected again', async () => {
    const sentences: string[] = [];
    for (const person of people) {
      const { connectionState, participants } = await person.view();
      if (connectionState !== 'connected') sentences.push(`${person.name} is ${connectionState}.`);
      for (const { name, connection } of participants) {
        if (connection !== 'connected') sentences.push(`${person.name} sees ${name} ${connection}.`);
      }
    }
    return sentences.length > 0 ? sentences.join(' ') : null;
  });
}

for (const [kind, how] of [
  ['mesh', 'kill'],
  ['sfu', 'kill'],
  ['mesh', 'stop'],
  ['sfu', 'stop'],
] as const) {
  const ending = how === 'kill' ? 'crashes' : 'is stopped';
  test(`signaling ${ending} and comes back: the sound goes on and the people are the same (${kind})`, (t) =>
    play({ signaling: kind === 'sfu' ? SFU_ONLY : {} }, async (scene) => {
      const { platform } = scene;
      const [ann, ben, cleo, dan] = (await Promise.all(
        ['Ann', 'Ben', 'Cleo', 'Dan'].map((name) => scene.person(name, { chord: true })),
      )) as [Person, Person, Person, Person];
      const three = [ann, ben, cleo];
      for (const person of three) await person.join(platform.url, 'restart');
      await expectMatrix(three);
      await expectTopology(three, kind);
      await expectConnected(three);
      const before = await idsSeenBy(three);
      const joinsBefore = await Promise.all(three.map(async (p) => (await p.eventsOf('participantJoined')).length));

      const watch = await SilenceWatch.begin(three);
      await platform.endSignaling(how);
      await until('everyone notices', async () => {
        const states = await Promise.all(three.map(async (p) => (await p.view()).connectionState));
        return states.every((state) => state === 'reconnecting') ? null : states.join(', ');
      });
      await pause(DOWN_FOR_MS);
      await expectMatrix(three);
      await platform.startSignaling();
      await expectConnected(three);
      await expectMatrix(three);
      await pause(1_000);
      const { longestMs, lagMs } = await watch.read();
      t.diagnostic(`longest silence ${longestMs.toFixed(1)} ms (audio lagged ${lagMs.toFixed(0)} ms)`);
      ok(longestMs < NEVER_THIS_SILENT_MS, `${longestMs} ms of silence`);

      deepEqual(await idsSeenBy(three), before);
      for (const [index, person] of three.entries()) {
        const joined = (await person.eventsOf('participantJoined')).length;
        deepEqual(joined, joinsBefore[index], `${person.name} saw nobody join anew`);
        deepEqual(await person.eventsOf('participantLeft'), [], `${person.name} saw nobody leave`);
        deepEqual(await person.eventsOf('closed'), [], `${person.name}'s room was never closed`);
      }

      await dan.join(platform.url, 'restart');
      await expectNames([...three, dan], ['Ann', 'Ben', 'Cleo', 'Dan']);
      await expectMatrix([...three, dan]);
    }));
}
