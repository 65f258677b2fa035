import { deepEqual } from 'node:assert/strict';
import type { Person } from './person.ts';
import { until } from './until.ts';

/** Waits until everyone's room has this topology, every sound comes that way, and all agree on the epoch. */
export async function expectTopology(
  people: readonly Person[],
  kind: 'mesh' | 'sfu',
  deadlineMs = 30_000,
): Promise<void> {
  await until(
    `everyone on the ${kind}`,
    async () => {
      const views = await Promise.all(people.map((person) => person.view()));
      const sentences = views.flatMap(({ topology, participants, selfId }, index) => {
        const name = people[index]?.name;
        const elsewhere = participants.filter(({ id, path, muted }) => id !== selfId && !muted && path !== kind);
        return [
          ...(topology === kind ? [] : [`${name}'s room is ${topology}.`]),
          ...elsewhere.map((other) => `${name} hears ${other.name} by ${other.path}.`),
        ];
      });
      const epochs = new Set(views.map(({ epoch }) => epoch));
      if (epochs.size > 1) sentences.push(`Epochs differ: ${[...epochs].join(', ')}.`);
      return sentences.length > 0 ? sentences.join(' ') : null;
    },
    deadlineMs,
  );
}

/** Waits until everyone lists exactly these names. */
export async function expectNames(
  people: readonly Person[],
  names: readonly string[],
  deadlineMs = 30_000,
): Promise<void> {
  const wanted = names.toSorted().join(', ');
  await until(
    `everyone lists ${wanted}`,
    async () => {
      const sentences: string[] = [];
      for (const person of people) {
        const { participants } = await person.view();
        const listed = participants
          .map(({ name }) => name)
          .sort()
          .join(', ');
        if (listed !== wanted) sentences.push(`${person.name} lists ${listed}.`);
      }
      return sentences.length > 0 ? sentences.join(' ') : null;
    },
    deadlineMs,
  );
}

/** Waits until someone is told that their room is closed to them, with this code. */
export async function expectClosed(person: Person, code: string): Promise<void> {
  await until(`${person.name} to be told ${code}`, async () => {
    const told = await person.closedWith();
    return told === code ? null : `Told ${told}.`;
  });
}

/** Whose SFU was gone were told: ICE finds that out by itself, too, but after many seconds. */
export async function expectTold(people: readonly Person[]): Promise<void> {
  for (const { name, log } of people) {
    const foundOut = (await log()).filter((line) => line.includes('ice restarted'));
    deepEqual(foundOut, [], `${name} was told`);
  }
}
