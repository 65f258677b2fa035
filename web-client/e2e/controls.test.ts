import { ok } from 'node:assert/strict';
import { test } from 'node:test';
import { expectMatrix, expectTopology, type Person, pause, play, SFU_ONLY, until } from './harness/index.ts';

/** Waits until `listener` hears `speaker` this much softer than at full volume, give or take 2 dB. */
async function expectLevel(listener: Person, speaker: Person, decibels: number, full: number): Promise<void> {
  await until(`${listener.name} hears ${speaker.name} at ${decibels} dB`, async () => {
    const [level = Number.NaN] = await listener.levels(speaker.voice);
    return Math.abs(level - full - decibels) < 2 ? null : `It is ${(level - full).toFixed(1)} dB.`;
  });
}

/** The level at which `listener` hears `speaker`, in dBFS, once it no longer changes. */
async function steadyLevel(listener: Person, speaker: Person): Promise<number> {
  let last = Number.NaN;
  await until(`${speaker.name}'s level at ${listener.name} is steady`, async () => {
    const [level = Number.NaN] = await listener.levels(speaker.voice);
    const change = Math.abs(level - last);
    last = level;
    // Longer than the window of the FFT, so that the next look shares nothing with this one.
    await pause(500);
    return change < 1 ? null : `It changed by ${change.toFixed(1)} dB.`;
  });
  return last;
}

/** Waits until `viewer` sees `person` muted or deafened, or not. */
async function expectSeen(viewer: Person, person: Person, state: { muted?: boolean; deafened?: boolean }) {
  await until(`${viewer.name} sees ${person.name} ${JSON.stringify(state)}`, async () => {
    const seen = (await viewer.view()).participants.find(({ name }) => name === person.name);
    const fits = Object.entries(state).every(([key, value]) => seen?.[key as 'muted' | 'deafened'] === value);
    return fits ? null : `${JSON.stringify(seen)}`;
  });
}

for (const kind of ['mesh', 'sfu'] as const) {
  test(`mute, deafen and volume do what they say, and to nobody else (${kind})`, () =>
    play({ signaling: kind === 'sfu' ? SFU_ONLY : {} }, async (scene) => {
      const people = await scene.join('controls', ['Ann', 'Ben', 'Cleo']);
      const [ann, ben, cleo] = people as [Person, Person, Person];
      await expectMatrix(people);
      await expectTopology(people, kind);

      await ben.setMuted(true);
      await expectMatrix(people, (_listener, speaker) => speaker !== ben);
      for (const viewer of people) await expectSeen(viewer, ben, { muted: true });
      await ben.setMuted(false);
      await expectMatrix(people);
      for (const viewer of people) await expectSeen(viewer, ben, { muted: false });

      await ann.setDeafened(true);
      await expectMatrix(people, (listener) => listener !== ann);
      await expectSeen(ben, ann, { deafened: true });
      await ann.setDeafened(false);
      await expectMatrix(people);
      await expectSeen(ben, ann, { deafened: false });

      const full = await steadyLevel(ann, ben);
      ok(full > -40, `full volume is ${full} dBFS`);
      await ann.setVolume(ben, 0.5);
      await expectLevel(ann, ben, -6, full);
      await expectLevel(ann, cleo, 0, full);
      await expectLevel(cleo, ben, 0, full);
      await ann.setVolume(ben, 0);
      await expectMatrix(people, (listener, speaker) => !(listener === ann && speaker === ben));
      await ann.setVolume(ben, 1);
      await expectMatrix(people);
      await expectLevel(ann, ben, 0, full);
    }));
}

test('who joins muted is not heard until they unmute', () =>
  play({}, async (scene) => {
    const [ann] = (await scene.join('muted', ['Ann'])) as [Person];
    const [ben] = (await scene.join('muted', ['Ben'], { muted: true })) as [Person];
    await expectMatrix([ann, ben], (listener) => listener === ben);
    await expectSeen(ann, ben, { muted: true });
    await ben.setMuted(false);
    await expectMatrix([ann, ben]);
  }));
