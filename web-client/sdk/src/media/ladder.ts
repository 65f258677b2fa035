import { ParleyError } from '@parley/shared/protocol';
import { type Clock, type Logger, systemClock, type Timer } from '@parley/shared/runtime';

/** How patient a ladder is, in ms. */
export interface LadderTimes {
  /** A way that is new: it is helped along after each of these, and given up after the last. */
  connectMs: readonly number[];
  /** A way that is down may come back by itself for so long: the network may only have stuttered. */
  graceMs: number;
  /** The same when the network is known to have changed: there is nothing to wait for. */
  changedGraceMs: number;
  /** Deadlines of the ICE restarts, one after the other; after the last the way is given up. */
  restartMs: readonly number[];
}

export interface LadderOptions {
  times: LadderTimes;
  /** What the other end should have answered is to be said again. */
  help?: () => void;
  /** Restarts ICE. @throws {ParleyError} `connection_lost`: not now; one that is not retryable: never */
  restart: () => Promise<void> | void;
  /** Beyond mending: the way has to be made anew. The ladder stands still until it is told of the new one. */
  renew: (why: string) => void;
  log: Logger;
  clock?: Clock;
}

/** Where a way stands. Every rung but the first, the second and the last has a deadline. */
export type Rung = 'new' | 'up' | 'connecting' | 'grace' | 'restarting' | 'given-up';

/** A network change explains what goes down within this time after it, in ms. */
const CHANGE_EXPLAINS_MS = 10_000;
/** What is up is taken to the new network at most so often, in ms: changes come in swarms. */
const PRECAUTION_EVERY_MS = 5_000;

/**
 * Brings one way of media (a transport to the SFU, a connection of a mesh) back up: it waits a little, restarts ICE as
 * often as makes sense, and has the way made anew. Pure but for its clock: it is told what happens, and says what to do.
 */
export class Ladder {
  readonly #options: LadderOptions;
  readonly #clock: Clock;
  #rung: Rung = 'new';
  #timer: Timer | undefined;
  /** Restarts that were really made since it was up, and helps since it began. */
  #tries = 0;
  /** Counts up with every change of rung and every restart: a late answer to an earlier restart says nothing. */
  #round = 0;
  /** ICE holds it for connected and nothing comes: only packets count as up. */
  #isStalled = false;
  #changedAt = Number.NEGATIVE_INFINITY;
  #precautionAt = Number.NEGATIVE_INFINITY;
  /** The last restart could not be asked for. */
  #isOffline = false;
  #closed = false;

  constructor(options: LadderOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  get rung(): Rung {
    return this.#rung;
  }

  /** Up, or on the way up for the first time. */
  get isSteady(): boolean {
    return this.#rung === 'new' || this.#rung === 'up' || this.#rung === 'connecting';
  }

  /** The way is made, or made anew: it has to come up by the deadline, whatever its state says. */
  begin(): void {
    this.#isStalled = false;
    this.#tries = 0;
    this.#connect();
  }

  handleState(state: RTCPeerConnectionState): void {
    switch (state) {
      case 'connecting':
        if (this.#rung === 'new') this.#connect();
        return;
      case 'connected':
        if (!this.#isStalled && this.#rung !== 'given-up') this.#up();
        return;
      case 'disconnected':
        if (this.#rung === 'up') this.#grace();
        return;
      case 'failed':
        if (this.#rung === 'up' || this.#rung === 'grace') this.#restart();
        else if (this.#rung === 'new' || this.#rung === 'connecting') this.#help();
        return;
      case 'new':
      case 'closed':
        return;
      default:
        state satisfies never;
    }
  }

  /** The device has another network, or has slept: what is up may be dead without knowing. */
  networkChanged(): void {
    const now = this.#clock.now();
    this.#changedAt = now;
    if (this.#rung === 'grace') this.#grace();
    else if (this.#rung === 'restarting') {
      // Those before were on a network that is no more.
      this.#tries = 0;
      this.#restart();
    } else if (this.#rung === 'up' && now - this.#precautionAt >= PRECAUTION_EVERY_MS) {
      this.#precautionAt = now;
      this.#options.log.info('ice restarted', { why: 'the network changed' });
      void this.#askToRestart(false);
    }
  }

  /** No packet has come for long, though some should and ICE finds nothing amiss. */
  stalled(): void {
    if (this.#rung !== 'up') return;
    this.#isStalled = true;
    this.#restart();
  }

  /** Packets come. */
  flowing(): void {
    if (this.#isStalled) this.#up();
  }

  /** What could not be said may be said now. */
  signalingResumed(): void {
    if (this.#rung === 'restarting' && this.#isOffline) this.#restart();
    else if (this.#rung === 'restarting' || this.#rung === 'connecting') this.#options.help?.();
  }

  close(): void {
    this.#closed = true;
    this.#clock.cancel(this.#timer);
  }

  #up(): void {
    if (this.#rung === 'restarting') this.#options.log.info('media is back', { rung: 'restart', tries: this.#tries });
    else if (this.#rung === 'grace') this.#options.log.info('media is back', { rung: 'grace' });
    this.#isStalled = false;
    this.#tries = 0;
    this.#step('up');
  }

  #connect(): void {
    const wait = this.#options.times.connectMs[this.#tries];
    if (wait === undefined) this.#giveUp('it did not connect');
    else this.#step('connecting', wait, () => this.#help());
  }

  #help(): void {
    this.#tries++;
    if (this.#tries < this.#options.times.connectMs.length) this.#options.help?.();
    this.#connect();
  }

  #grace(): void {
    const { graceMs, changedGraceMs } = this.#options.times;
    const isExplained = this.#clock.now() - this.#changedAt < CHANGE_EXPLAINS_MS;
    this.#step('grace', isExplained ? changedGraceMs : graceMs, () => this.#restart());
  }

  #restart(): void {
    const { times, log } = this.#options;
    // ICE has nothing to mend on a way that it takes for whole: once is enough.
    const deadline = this.#isStalled && this.#tries > 0 ? undefined : times.restartMs[this.#tries];
    if (deadline === undefined) return this.#giveUp(this.#isStalled ? 'nothing came' : 'no restart helped');
    this.#tries++;
    this.#isOffline = false;
    this.#step('restarting', deadline, () => this.#restart());
    log.info('ice restarted', { why: this.#isStalled ? 'nothing comes' : 'it is down', tries: this.#tries });
    void this.#askToRestart(true);
  }

  /** @param isRung whether it stands or falls with it */
  async #askToRestart(isRung: boolean): Promise<void> {
    const round = this.#round;
    try {
      await this.#options.restart();
    } catch (error) {
      if (this.#closed || round !== this.#round) return;
      this.#options.log.warn('ice restart not made', { error });
      if (error instanceof ParleyError && !error.retryable) this.#giveUp('the other end is gone');
      else if (isRung && error instanceof ParleyError && error.code === 'connection_lost') {
        // It was none. The deadline stands: then, or when signaling is back, it is asked for again.
        this.#tries--;
        this.#isOffline = true;
      }
    }
  }

  #giveUp(why: string): void {
    this.#step('given-up');
    this.#options.log.warn('media given up', { why });
    this.#options.renew(why);
  }

  #step(rung: Rung, ms?: number, then?: () => void): void {
    this.#round++;
    this.#rung = rung;
    this.#clock.cancel(this.#timer);
    this.#timer = undefined;
    if (ms !== undefined && then && !this.#closed) this.#timer = this.#clock.after(ms, then);
  }
}
