import { test } from 'node:test';
import { expectMatrix, expectNames, expectTopology, type Person, play, type Scene } from './harness/index.ts';

const NAMES = ['Ann', 'Ben', 'Cleo', 'Dan', 'Eve', 'Finn', 'Gia', 'Hal', 'Ida', 'Jon', 'Kim', 'Leo', 'Mia'];
/** People share tabs: thirteen renderers are more than two cores carry. */
const TABS = 4;
/** Thirteen browsers on a machine that also does something else take their time. */
const PATIENCE_MS = 60_000;
/** How many talk at once while the word goes round; the others are muted. */
const WITH_THE_WORD = 2;

async function gather(scene: Scene): Promise<Person[]> {
  const pages = await Promise.all(Array.from({ length: TABS }, () => scene.openPage()));
  // One after the other sits in another tab, so that those who have the word share no encoder threads.
  const inTurn = NAMES.map((name, index) => {
    const page = pages[index % TABS];
    return scene.person(name, page ? { page } : {});
  });
  return Promise.all(inTurn);
}

/** A few at a time unmute, are heard by everyone, and mute again; each has had the word once in the end. */
async function passTheWord(people: readonly Person[]): Promise<void> {
  for (let first = 0; first < people.length; first += WITH_THE_WORD) {
    const talking = new Set(people.slice(first, first + WITH_THE_WORD));
    await Promise.all(people.map((person) => person.setMuted(!talking.has(person))));
    await expectMatrix(people, (_listener, speaker) => talking.has(speaker), PATIENCE_MS);
  }
  await Promise.all(people.map((person) => person.setMuted(true)));
}

test('twelve talk peer to peer, the thirteenth moves the call to the SFU, and eight go back to a mesh', () =>
  play({ signaling: { MESH_RETURN_AFTER_MS: 1_000 } }, async (scene) => {
    const people = await gather(scene);
    const twelve = people.slice(0, 12);
    for (const person of twelve) await person.join(scene.platform.url, 'full', { muted: true });
    await expectNames(twelve, NAMES.slice(0, 12));
    await expectTopology(twelve, 'mesh', PATIENCE_MS);
    await passTheWord(twelve);

    await people[12]?.join(scene.platform.url, 'full', { muted: true });
    await expectTopology(people, 'sfu', PATIENCE_MS);
    await passTheWord(people);

    const eight = people.slice(0, 8);
    for (const person of people.slice(8)) await person.leave();
    await expectTopology(eight, 'mesh', PATIENCE_MS);
    await expectNames(eight, NAMES.slice(0, 8));
    await passTheWord(eight);
  }));
