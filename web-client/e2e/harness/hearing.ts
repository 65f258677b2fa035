import type { Person } from './person.ts';
import { until } from './until.ts';

/**
 * Above this a tone is heard. One at full volume arrives at -24 dBFS, one at half volume at -30; what is not there
 * lies below -100 (measured), smeared to -65 at most by a click within the window of the FFT.
 */
const HEARD_DB = -45;

/** Who hears whom: listener, then speaker; true means is heard. */
export type Expectation = (listener: Person, speaker: Person) => boolean;

export const everyoneHearsEveryone: Expectation = () => true;

/**
 * One look at who hears whom: for each listener those of whose tones they hear every one, or any one: where two copies
 * of a voice fade into each other, they cancel one tone and another for a moment.
 */
export async function hear(people: readonly Person[], tones: 'every' | 'any' = 'every') {
  const listeners = await Promise.all(
    people.map(async (listener) => {
      const levels = await listener.levels(people.flatMap(({ voice }) => voice));
      let next = 0;
      const heard = people.filter(({ voice }) => {
        const own = levels.slice(next, next + voice.length);
        next += voice.length;
        const isLoud = (level: number) => level > HEARD_DB;
        return own.length > 0 && (tones === 'any' ? own.some(isLoud) : own.every(isLoud));
      });
      return [listener, new Set(heard)] as const;
    }),
  );
  return new Map(listeners);
}

const names = (people: readonly Person[]) => people.map(({ name }) => name).join(', ');

/** What differs from what is expected, in words; null if nothing does. Nobody is to hear themselves. */
async function difference(people: readonly Person[], expected: Expectation): Promise<string | null> {
  const sentences: string[] = [];
  for (const [listener, heard] of await hear(people)) {
    const wanted = people.filter((speaker) => speaker !== listener && expected(listener, speaker));
    const missing = wanted.filter((speaker) => !heard.has(speaker));
    const surplus = [...heard].filter((speaker) => !wanted.includes(speaker));
    if (missing.length > 0) sentences.push(`${listener.name} should hear ${names(missing)} and does not.`);
    if (surplus.length > 0) sentences.push(`${listener.name} hears ${names(surplus)} and should not.`);
  }
  return sentences.length > 0 ? sentences.join(' ') : null;
}

/**
 * Waits until the whole matrix of who hears whom is as expected.
 * @throws {TimeoutError} with what differs, in words.
 */
export async function expectMatrix(
  people: readonly Person[],
  expected: Expectation = everyoneHearsEveryone,
  deadlineMs = 30_000,
): Promise<void> {
  await until(`who hears whom among ${names(people)}`, () => difference(people, expected), deadlineMs);
}
