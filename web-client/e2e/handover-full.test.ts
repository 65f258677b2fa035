import { test } from 'node:test';
import { expectMatrix, expectNames, expectTopology, type Person, play, type Scene } from './harness/index.ts';

const NAMES = ['Ann', 'Ben', 'Cleo', 'Dan', 'Eve', 'Finn', 'Gia', 'Hal', 'Ida', 'Jon', 'Kim', 'Leo', 'Mia'];
/** People share tabs: thirteen renderers are more than two cores carry. */
const PEOPLE_PER_TAB = 4;
/** How many talk at once while the word goes round; the others are muted. */
const WITH_THE_WORD = 3;

async function gather(scene: Scene): Promise<Person[]> {
  const people: Person[] = [];
  for (let first = 0; first < NAMES.length; first += PEOPLE_PER_TAB) {
    const page = await scene.openPage();
    for (const name of NAMES.slice(first, first + PEOPLE_PER_TAB)) people.push(await scene.person(name, { page }));
  }
  return people;
}

/** A few at a time unmute, are heard by everyone, and mute again; each has had the word once in the end. */
async function passTheWord(people: readonly Person[]): Promise<void> {
  for (let first = 0; first < people.length; first += WITH_THE_WORD) {
    const talking = new Set(people.slice(first, first + WITH_THE_WORD));
    await Promise.all(people.map((person) => person.setMuted(!talking.has(person))));
    await expectMatrix(people, (_listener, speaker) => talking.has(speaker));
  }
  await Promise.all(people.map((person) => person.setMuted(true)));
}

test('twelve talk peer to peer, the thirteenth moves the call to the SFU, and eight go back to a mesh', () =>
  play({ signaling: { MESH_RETURN_AFTER_MS: 1_000 } }, async (scene) => {
    const people = await gather(scene);
    const twelve = people.slice(0, 12);
    for (const person of twelve) await person.join(scene.platform.url, 'full', { muted: true });
    await expectNames(twelve, NAMES.slice(0, 12));
    await expectTopology(twelve, 'mesh');
    await passTheWord(twelve);

    await people[12]?.join(scene.platform.url, 'full', { muted: true });
    await expectTopology(people, 'sfu');
    await passTheWord(people);

    const eight = people.slice(0, 8);
    for (const person of people.slice(8)) await person.leave();
    await expectTopology(eight, 'mesh');
    await expectNames(eight, NAMES.slice(0, 8));
    await passTheWord(eight);
  }));
