import { expectMatrix, expectTopology, type Person, pause, type Scene, SilenceWatch, until } from '@parley/e2e/harness';

export type Direction = 'promotion' | 'demotion';

/** One measurement: the worst of all listeners and speakers. In ms. */
export interface Sample {
  /** Longest silence on `room.output`, by the meter. */
  readonly silenceMs: number;
  /** What the SDK's `handover` event said; null in a control measurement. */
  readonly reportedMs: number | null;
  /** How far audio fell behind the clock: large when the machine could not keep up. */
  readonly lagMs: number;
  /** How long was listened. */
  readonly listenedMs: number;
}

/** Three who talk throughout, and two silent ones who come and go and so move the room. */
export const SETTINGS = { MESH_MAX_PEERS: 4, MESH_RETURN_PEERS: 3, MESH_RETURN_AFTER_MS: 100 };
const ROOM = 'bench';
/** Listening goes on after everyone has moved: the old path is closed then, which must not be heard either. */
const AFTERWARDS_MS = 1_000;

export class HandoverCall {
  readonly #url: string;
  readonly #talkers: readonly Person[];
  readonly #movers: readonly Person[];
  readonly #watch: SilenceWatch;

  private constructor(url: string, talkers: readonly Person[], movers: readonly Person[], watch: SilenceWatch) {
    this.#url = url;
    this.#talkers = talkers;
    this.#movers = movers;
    this.#watch = watch;
  }

  static async begin(scene: Scene): Promise<HandoverCall> {
    const { url } = scene.platform;
    const talkers: Person[] = [];
    for (const name of ['Ann', 'Ben', 'Cleo']) talkers.push(await scene.person(name, { chord: true }));
    const page = await scene.openPage();
    const movers = ['Dan', 'Eve'].map((name) => scene.silentPerson(name, page));
    for (const talker of talkers) await talker.join(url, ROOM);
    await expectMatrix(talkers);
    await expectTopology(talkers, 'mesh');
    return new HandoverCall(url, talkers, movers, await SilenceWatch.begin(talkers));
  }

  /** Moves the call and listens while it moves. */
  async move(direction: Direction): Promise<Sample> {
    const reportsBefore = await this.#reports();
    await this.#watch.again();
    const begun = performance.now();
    const to = direction === 'promotion' ? 'sfu' : 'mesh';
    if (direction === 'promotion') for (const mover of this.#movers) await mover.join(this.#url, ROOM);
    else await Promise.all(this.#movers.map((mover) => mover.leave()));
    await expectTopology(this.#talkers, to);
    const told: number[] = [];
    await until('every talker reports the handover', async () => {
      const now = await this.#reports();
      const fresh = now.map((all, index) =>
        all.slice(reportsBefore[index]?.length).filter((report) => report.to === to),
      );
      told.splice(0, told.length, ...fresh.flat().map((report) => report.silenceMs));
      return fresh.every((all) => all.length > 0) ? null : 'Some have not.';
    });
    return { ...(await this.#listen(begun)), reportedMs: Math.max(...told) };
  }

  /** Listens as long as a move takes, while nothing moves: what the meter finds then is its own limit. */
  async rest(forMs: number): Promise<Sample> {
    await this.#watch.again();
    const begun = performance.now();
    await pause(Math.max(0, forMs - AFTERWARDS_MS));
    return { ...(await this.#listen(begun)), reportedMs: null };
  }

  async #listen(begun: number): Promise<Omit<Sample, 'reportedMs'>> {
    await pause(AFTERWARDS_MS);
    const { longestMs, lagMs } = await this.#watch.read();
    return { silenceMs: longestMs, lagMs, listenedMs: performance.now() - begun };
  }

  #reports(): Promise<{ to: string; silenceMs: number }[][]> {
    return Promise.all(
      this.#talkers.map(async (talker) =>
        (await talker.eventsOf('handover')).flatMap(({ data }) => data as { to: string; silenceMs: number }[]),
      ),
    );
  }
}
