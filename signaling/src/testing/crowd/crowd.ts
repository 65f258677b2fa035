import type { RoomSnapshot } from '@parley/shared/protocol';
import { until } from '../until.ts';
import type { Chance } from './random.ts';
import { Walker } from './walker.ts';

const MAX_REST_MS = 400;
const SETTLE_DEADLINE_MS = 30_000;
/** Of a hundred steps, how many are what. */
const STEPS = { mute: 45, move: 25, drop: 15, vanish: 3 };

/** Dozens of clients that join, leave, mute, lose their network and vanish at random. */
export class Crowd {
  readonly #walkers: Walker[] = [];
  readonly #chance: Chance;
  readonly #rooms: readonly string[];
  readonly #urlTo: () => string;
  #walking: Promise<unknown>[] = [];
  #isWalking = true;
  #born = 0;

  /** @param urlTo where the next client connects */
  constructor(options: { chance: Chance; rooms: readonly string[]; urlTo: () => string }) {
    this.#chance = options.chance;
    this.#rooms = options.rooms;
    this.#urlTo = options.urlTo;
  }

  /** They come, and each goes into a room. */
  async gather(size: number): Promise<void> {
    await Promise.all(Array.from({ length: size }, () => this.#bear().join(this.#chance.pick(this.#rooms))));
  }

  /** From now on each of them does something every now and then, until `stop()`. */
  start(): void {
    this.#isWalking = true;
    this.#walking = this.present.map((walker) => this.#walk(walker));
  }

  /** Lets all of them end what they are at. */
  async stop(): Promise<void> {
    this.#isWalking = false;
    await until('all to end what they are at', settled(this.#walking), SETTLE_DEADLINE_MS);
  }

  close(): void {
    this.#isWalking = false;
    for (const walker of this.#walkers) walker.vanish();
  }

  get present(): Walker[] {
    return this.#walkers.filter((walker) => !walker.isGone);
  }

  get complaints(): string[] {
    return this.#walkers.flatMap((walker) => walker.complaints);
  }

  /** Members who are there and of whom others were told, at some time, that they had left, in words. */
  get losses(): string[] {
    const here = new Map(this.present.map((walker) => [walker.selfId, walker.name]));
    return this.present.flatMap(({ name, view }) =>
      (view?.left ?? []).flatMap(({ id, reason }) => {
        const lost = here.get(id);
        return lost === undefined ? [] : [`${name} was told that ${lost} (${id}) had left: ${reason}.`];
      }),
    );
  }

  /** What members are told of each other that is not so, and whom they have never heard of, in words. */
  disagreements(): string[] {
    const sentences: string[] = [];
    for (const roomId of this.#rooms) {
      const members = this.present.filter((walker) => walker.roomId === roomId);
      const truth = describe(members.map(({ selfId, name, muted }) => [selfId, name, muted, 'connected']));
      const seqs = new Set(members.map(({ view }) => view?.seq));
      for (const { name, view } of members) {
        const seen = describe([...(view?.people ?? [])].map(([id, it]) => [id, it.name, it.muted, it.connection]));
        sentences.push(...difference(`${name} in ${roomId}`, truth, seen));
      }
      if (seqs.size > 1) sentences.push(`Members of ${roomId} are at ${[...seqs].join(', ')}.`);
    }
    return sentences;
  }

  /** What the nodes say of the rooms that their members see otherwise, in words. */
  async misstatements(): Promise<string[]> {
    const all = await Promise.all(
      this.present.map(async (walker) => {
        if (walker.roomId === null) return [];
        const { participants }: RoomSnapshot = await walker.snapshot();
        const told = describe(participants.map(({ id, name, muted, connection }) => [id, name, muted, connection]));
        const seen = describe(
          [...(walker.view?.people ?? [])].map(([id, it]) => [id, it.name, it.muted, it.connection]),
        );
        return difference(`a snapshot for ${walker.name}`, seen, told);
      }),
    );
    return all.flat();
  }

  /** Waits until everyone is where they want to be, and all see the same. */
  async settle(): Promise<void> {
    let last = '';
    const isSettled = () => {
      const unsettled = this.present.filter((walker) => !walker.isSettled).map(({ name }) => `${name} is unsettled.`);
      last = [...unsettled, ...this.disagreements()].slice(0, 12).join('\n');
      return last === '';
    };
    await until('all to see the same', isSettled, SETTLE_DEADLINE_MS).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${last}`);
    });
  }

  async disperse(): Promise<void> {
    await Promise.all(this.present.map((walker) => walker.leave()));
  }

  #bear(): Walker {
    this.#born += 1;
    const walker = new Walker(`w${this.#born}`, this.#urlTo());
    this.#walkers.push(walker);
    return walker;
  }

  async #walk(walker: Walker): Promise<void> {
    while (this.#isWalking && !walker.isGone) {
      await new Promise((resolve) => setTimeout(resolve, this.#chance.next() * MAX_REST_MS));
      if (this.#isWalking) await this.#step(walker);
    }
  }

  async #step(walker: Walker): Promise<void> {
    const dice = this.#chance.next() * 100;
    const { mute, move, drop, vanish } = STEPS;
    if (dice < mute) return walker.setMuted(!walker.muted);
    if (dice < mute + move) {
      if (walker.roomId === null) return walker.join(this.#chance.pick(this.#rooms));
      return walker.leave();
    }
    if (dice < mute + move + drop) return walker.drop();
    if (dice < mute + move + drop + vanish) {
      walker.vanish();
      const next = this.#bear();
      this.#walking.push(next.join(this.#chance.pick(this.#rooms)).then(() => this.#walk(next)));
    }
  }
}

type Line = readonly [id: string, name: string, muted: boolean, connection: string];

const describe = (lines: readonly Line[]): Set<string> =>
  new Set(lines.map(([id, name, muted, connection]) => `${name} (${id}) ${muted ? 'muted' : 'open'} ${connection}`));

function difference(who: string, expected: Set<string>, found: Set<string>): string[] {
  const missing = [...expected].filter((line) => !found.has(line));
  const surplus = [...found].filter((line) => !expected.has(line));
  return [
    ...(missing.length > 0 ? [`${who} lacks ${missing.join('; ')}.`] : []),
    ...(surplus.length > 0 ? [`${who} has ${surplus.join('; ')}.`] : []),
  ];
}

/** Whether all of these, and those added meanwhile, have ended. */
function settled(promises: readonly Promise<unknown>[]): () => Promise<boolean> {
  let done = 0;
  const seen = new Set<Promise<unknown>>();
  return async () => {
    for (const promise of promises) {
      if (seen.has(promise)) continue;
      seen.add(promise);
      promise.finally(() => done++).catch(() => {});
    }
    return done === promises.length;
  };
}
