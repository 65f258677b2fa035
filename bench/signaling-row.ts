import { setTimeout as pause } from 'node:timers/promises';
import { type BenchServer, LimitServer, SignalingServer } from './bench-server.ts';
import { now } from './crowd-orders.ts';
import { CrowdProcess } from './crowd-process.ts';
import type { Measured } from './signaling-figures.ts';

/** As many to a room as a mesh that is neither large nor full. */
const ROOM_SIZE = 8;
/** This many of a crowd are real library clients, each a process of them; the others are light. */
const LIBRARY_SHARE = 0.1;
const LIBRARY_MAX = 100;
/** Not counted: the code has to be compiled first. */
const WARM_UP_ROUNDS = 5;
/** Lets whatever came with connecting and joining pass. */
const SETTLE_MS = 2_000;
const PAUSE_MS = 50;

/** A server, and the crowd in front of it. */
class Side<S extends BenchServer> {
  readonly server: S;
  readonly crowds: CrowdProcess[];
  rssBefore = 0;
  #rounds = 0;

  constructor(server: S, n: number) {
    const library = Math.min(LIBRARY_MAX, Math.ceil(n * LIBRARY_SHARE));
    this.server = server;
    this.crowds = [new CrowdProcess('library', library)];
    if (n > library) this.crowds.push(new CrowdProcess('light', n - library));
  }

  async open(speaks: 'socket.io' | 'websocket'): Promise<void> {
    await this.server.listen();
    await pause(SETTLE_MS);
    this.rssBefore = this.server.rss();
    for (const crowd of this.crowds) await crowd.connect(this.server.port, speaks);
  }

  /** One broadcast: ms from asking for it until the last client has it. */
  async round(): Promise<number> {
    this.#rounds += 1;
    const marker = `round ${this.#rounds} of the bench`;
    const listening = await Promise.all(this.crowds.map((crowd) => crowd.listen(marker)));
    const begun = now();
    await this.server.broadcast(marker);
    return Math.max(...(await Promise.all(listening.map(({ heard }) => heard)))) - begun;
  }

  end(): Promise<unknown> {
    for (const crowd of this.crowds) crowd.end();
    return this.server.stop();
  }
}

/** Measures the server and its limit with n users each, by turns. */
export async function measureRow(n: number, rounds: number): Promise<Measured> {
  const real = new Side(
    new SignalingServer({
      CONNECTIONS_MAX: String(n),
      ADDRESS_CONNECTIONS_MAX: String(n),
      ADDRESS_CONNECTS_PER_MINUTE: String(n),
      ROOMS_MAX: String(n),
    }),
    n,
  );
  const limit = new Side(new LimitServer(), n);
  const stop = () => Promise.all([real.end(), limit.end()]);
  try {
    await limit.open('websocket');
    await real.open('socket.io');
    const joinsMs = await joinAll(real.crowds);
    await pause(SETTLE_MS);
    for (let i = 0; i < WARM_UP_ROUNDS; i++) for (const side of [real, limit]) await side.round();
    const fanoutMs: number[] = [];
    const limitFanoutMs: number[] = [];
    for (let i = 0; i < rounds; i++) {
      fanoutMs.push(await real.round());
      await pause(PAUSE_MS);
      limitFanoutMs.push(await limit.round());
      await pause(PAUSE_MS);
    }
    // Once more without a rest in between: the loop's lag is that of a server that is broadcasting all the time.
    await real.server.loopLag();
    for (let i = 0; i < rounds; i++) await real.round();
    const loopLagMs = await real.server.loopLag();
    for (const side of [real, limit]) side.server.expectNoComplaints();
    return {
      n,
      fanoutMs,
      limitFanoutMs,
      rssKb: { before: real.rssBefore, after: real.server.rss() },
      limitRssKb: { before: limit.rssBefore, after: limit.server.rss() },
      joinsMs,
      loopLagMs,
    };
  } finally {
    await stop();
  }
}

/** All join at once; ms from the first request to the last answer. */
async function joinAll(crowds: readonly CrowdProcess[]): Promise<number> {
  let place = 0;
  const reports = await Promise.all(
    crowds.map((crowd) => {
      const from = place;
      place += crowd.size;
      return crowd.join(from, ROOM_SIZE);
    }),
  );
  return Math.max(...reports.map(({ endedAt }) => endedAt)) - Math.min(...reports.map(({ beganAt }) => beganAt));
}
