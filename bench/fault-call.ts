import {
  expectMatrix,
  expectTopology,
  type Fleet,
  type Person,
  pause,
  type Scene,
  SFU_ONLY,
  SilenceWatch,
  until,
} from '@parley/e2e/harness';
import type { Fault } from './fault-kinds.ts';

/** One measurement: the worst of all listeners and speakers. In ms. */
export interface FaultSample {
  /** Longest silence on `room.output`, by the meter. */
  readonly silenceMs: number;
  /** How far audio fell behind the clock: large when the machine could not keep up. */
  readonly lagMs: number;
  /** How long was listened. */
  readonly listenedMs: number;
}

/** Two SFU servers with two workers each: whichever fails, there is another. */
export const FLEET = { sfus: 2, signaling: SFU_ONLY, sfuServer: { WORKERS: 2 } };
const ROOM = 'bench';
/** Three sounds that fail are heard again by then, or the run has failed. */
const HEARD_AGAIN_MS = 90_000;
/** Listening goes on after everyone is heard again: what is left of the old path is closed then. */
const AFTERWARDS_MS = 1_000;

/** Three who talk throughout, on an SFU. */
export class FaultCall {
  readonly #fleet: Fleet;
  readonly #people: readonly Person[];
  readonly #watch: SilenceWatch;

  private constructor(fleet: Fleet, people: readonly Person[], watch: SilenceWatch) {
    this.#fleet = fleet;
    this.#people = people;
    this.#watch = watch;
  }

  static async begin(scene: Scene<Fleet>): Promise<FaultCall> {
    const people: Person[] = [];
    for (const name of ['Ann', 'Ben', 'Cleo']) people.push(await scene.person(name, { chord: true }));
    for (const person of people) await person.join(scene.platform.url, ROOM);
    await expectMatrix(people);
    await expectTopology(people, 'sfu');
    return new FaultCall(scene.platform, people, await SilenceWatch.begin(people));
  }

  /** Lets it happen and listens until everyone has been heard by everyone again for a while; then mends the fleet. */
  async suffer(fault: Fault): Promise<FaultSample> {
    const before = Math.max(...(await this.#epochs()));
    await this.#watch.again();
    const begun = performance.now();
    const mend = await fault.strike(this.#fleet);
    // Until it has been noticed, all is as it was.
    if (fault.movesRoom) await this.#moved(before);
    await this.#settle();
    const sample = await this.#listen(begun);
    await mend();
    await this.#fleet.expectNodes();
    await this.#settle();
    return sample;
  }

  /** Listens as long as a fault took, while nothing happens: what the meter finds then is its own limit. */
  async rest(forMs: number): Promise<FaultSample> {
    await this.#watch.again();
    const begun = performance.now();
    await pause(Math.max(0, forMs - AFTERWARDS_MS));
    return this.#listen(begun);
  }

  async #moved(before: number): Promise<void> {
    await until(
      'everyone is on a new path',
      async () => {
        const epochs = await this.#epochs();
        return epochs.every((epoch) => epoch > before) ? null : `Epochs are ${epochs.join(', ')}, were ${before}.`;
      },
      HEARD_AGAIN_MS,
    );
  }

  async #epochs(): Promise<number[]> {
    return (await Promise.all(this.#people.map((person) => person.view()))).map(({ epoch }) => epoch);
  }

  async #settle(): Promise<void> {
    await expectTopology(this.#people, 'sfu', HEARD_AGAIN_MS);
    await expectMatrix(this.#people, undefined, HEARD_AGAIN_MS);
  }

  async #listen(begun: number): Promise<FaultSample> {
    await pause(AFTERWARDS_MS);
    const { longestMs, lagMs } = await this.#watch.read();
    return { silenceMs: longestMs, lagMs, listenedMs: performance.now() - begun };
  }
}
