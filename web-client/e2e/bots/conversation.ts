import { pause } from '../harness/until.ts';

/** Says one phrase of so many seconds; resolves when it is over. */
export type Talk = (name: string, seconds: number) => Promise<unknown>;

/**
 * A conversation: one has the floor and says a few phrases, then another takes it; now and then someone else throws in
 * a word, so that one or two speak at a time. Ends when `signal` aborts.
 */
export async function converse(
  present: () => readonly string[],
  talk: Talk,
  signal: AbortSignal,
  random: () => number = Math.random,
): Promise<void> {
  let last = '';
  const between = (least: number, most: number) => least + random() * (most - least);
  const anyoneBut = (name: string) => {
    const others = present().filter((other) => other !== name);
    return others[Math.floor(random() * others.length)];
  };
  while (!signal.aborted) {
    const speaker = anyoneBut(last) ?? present()[0];
    if (speaker === undefined) {
      await pause(300);
      continue;
    }
    last = speaker;
    const interjection = random() < 0.35 ? anyoneBut(speaker) : undefined;
    await Promise.all([
      talk(speaker, between(1.5, 5)),
      interjection && pause(between(800, 2_000)).then(() => talk(interjection, between(0.4, 0.9))),
    ]);
    await pause(between(80, 500));
  }
}
