import type { Clock, Timer } from '@parley/shared/runtime';
import type { MediaWorker } from '../media/ports.ts';
import type { RoomPeer } from '../peers/room-peer.ts';
import type { Listeners } from '../workers/placement.ts';

/** From then on a peer is counted for what it receives, not for what it may be about to receive; milliseconds. */
const JOINING_MS = 10_000;

/** A peer's place in a room, from the moment it is given one. */
export interface Seat {
  readonly peerId: string;
  /** The worker that carries it; undefined: another node does. */
  readonly worker: MediaWorker | undefined;
  /** Undefined until its branch is there. */
  peer: RoomPeer | undefined;
  /** The peer was told to go: what is still under way for it is in vain. */
  closed: boolean;
}

interface State {
  seat: Seat;
  joining: Timer | undefined;
}

/** Who is in a room and where, and what each worker must be ready to send them. */
export class Seats {
  readonly #clock: Clock;
  readonly #states = new Map<string, State>();
  readonly #listeners = new Map<MediaWorker, Listeners>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#states.size;
  }

  /** How many of them this node carries. */
  get here(): number {
    let here = 0;
    for (const { settled, joining } of this.#listeners.values()) here += settled + joining;
    return here;
  }

  /** Kept up to date: asked for at each join. */
  get listeners(): ReadonlyMap<MediaWorker, Listeners> {
    return this.#listeners;
  }

  *[Symbol.iterator](): Iterator<Seat> {
    for (const { seat } of this.#states.values()) yield seat;
  }

  get(peerId: string): Seat | undefined {
    return this.#states.get(peerId)?.seat;
  }

  /** A seat for a peer that has none. */
  add(peerId: string, worker: MediaWorker | undefined): Seat {
    const seat: Seat = { peerId, worker, peer: undefined, closed: false };
    const joining = this.#clock.after(JOINING_MS, () => this.settle(seat));
    this.#states.set(peerId, { seat, joining });
    this.#count(worker, { settled: 0, joining: 1 });
    return seat;
  }

  /** What the peer receives is real from now on. */
  settle(seat: Seat): void {
    const state = this.#states.get(seat.peerId);
    if (state?.seat !== seat || !state.joining) return;
    this.#clock.cancel(state.joining);
    state.joining = undefined;
    this.#count(seat.worker, { settled: 1, joining: -1 });
  }

  /** Returns whether it was there: the peer's next seat is not this one. */
  remove(seat: Seat): boolean {
    const state = this.#states.get(seat.peerId);
    if (state?.seat !== seat) return false;
    this.#clock.cancel(state.joining);
    this.#states.delete(seat.peerId);
    this.#count(seat.worker, state.joining ? { settled: 0, joining: -1 } : { settled: -1, joining: 0 });
    return true;
  }

  clear(): void {
    for (const seat of [...this]) this.remove(seat);
  }

  #count(worker: MediaWorker | undefined, { settled, joining }: Listeners): void {
    if (!worker) return;
    const before = this.#listeners.get(worker) ?? { settled: 0, joining: 0 };
    const after = { settled: before.settled + settled, joining: before.joining + joining };
    if (after.settled + after.joining > 0) this.#listeners.set(worker, after);
    else this.#listeners.delete(worker);
  }
}
