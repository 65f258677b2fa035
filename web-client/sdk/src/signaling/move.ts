import type { RequestName } from '@parley/shared/protocol';
import { type Clock, type Logger, withDeadline } from '@parley/shared/runtime';
import { type Line, refusalOf } from './line.ts';

/** How long the whole of it may take once it has begun, in ms. */
const MOVE_DEADLINE_MS = 15_000;
/** Wait before a node that would not have us is asked again, in ms: a balancer may lead to the same one for a moment. */
const RETRY_MS = 500;
/** Answers that are on their way on the old line are waited for that long, in ms. */
const LAST_ANSWERS_MS = 3_000;

export interface MoveOptions {
  from: Line;
  to: Line;
  /** Takes up, on the new line, every room that has not been yet. @throws when an ordinary reconnect is to mend it */
  takeUpRooms: (isTaken: (roomId: string) => boolean) => Promise<void>;
  clock: Clock;
  log: Logger;
}

/**
 * From one line to another, the new one before the old is given up. Each room is on the old one until its `room:resume`
 * is answered on the new one, and is asked about on neither in between.
 */
export class Move {
  readonly from: Line;
  readonly to: Line;
  /** Settles when it is over, well or not. */
  readonly over: Promise<void>;
  readonly #options: MoveOptions;
  readonly #taken = new Set<string>();
  readonly #taking = new Map<string, Promise<unknown>>();
  #finish: () => void = () => {};
  #cancelled = false;
  #begun = false;

  constructor(options: MoveOptions) {
    this.#options = options;
    this.from = options.from;
    this.to = options.to;
    this.over = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  /** Whether the new line is there, so that the loss of the old one is none. */
  get isUp(): boolean {
    return this.to.connected;
  }

  /** Whether a room may already be on the new line, so that the old one alone would be no way back. */
  get hasBegun(): boolean {
    return this.#begun;
  }

  /** Whether the room is, or is about to be, on the new line: what the old one says of its end is no news. */
  hasLeft(roomId: string): boolean {
    return this.#taken.has(roomId) || this.#taking.has(roomId);
  }

  /** On which line a request about a room goes, once that is clear. */
  async lineFor(name: RequestName, roomId: string | undefined): Promise<Line> {
    if (!this.isUp) return this.from;
    if (name === 'room:resume') return this.to;
    if (roomId !== undefined) await this.#taking.get(roomId);
    return this.lineNow(roomId);
  }

  lineNow(roomId: string | undefined): Line {
    return roomId !== undefined && this.#taken.has(roomId) ? this.to : this.from;
  }

  /** A room is taken up on the new line. */
  async takeUp<T extends { ok: boolean }>(roomId: string, resume: Promise<T>): Promise<T> {
    this.#taking.set(
      roomId,
      resume.catch(() => undefined),
    );
    try {
      const answer = await resume;
      if (answer.ok) this.#taken.add(roomId);
      return answer;
    } finally {
      this.#taking.delete(roomId);
    }
  }

  /** @returns false when it came to nothing: unless it `hasBegun`, the old line is as it was. */
  async run(): Promise<boolean> {
    const { takeUpRooms, clock, log } = this.#options;
    const isTaken = (roomId: string) => this.#taken.has(roomId);
    try {
      await withDeadline(this.#connect(), MOVE_DEADLINE_MS, 'the move to another node', clock);
      this.#begun = true;
      await takeUpRooms(isTaken);
      // Joins that were under way may have been answered on the old line meanwhile.
      await this.from.idle(LAST_ANSWERS_MS);
      await takeUpRooms(isTaken);
      return !this.#cancelled && this.isUp;
    } catch (error) {
      log.warn('not moved to another node', { error });
      return false;
    } finally {
      this.#cancelled = true;
    }
  }

  /** What waited for the end of it goes on. */
  settle(): void {
    this.#finish();
  }

  cancel(): void {
    this.#cancelled = true;
    this.to.hangUp();
    this.#finish();
  }

  /** Until a node lets us in. */
  async #connect(): Promise<void> {
    while (!this.#cancelled) {
      const error = await this.#attempt();
      if (error === undefined) return;
      const refusal = refusalOf(error);
      if (refusal && !refusal.retryable) throw refusal;
      const wait = refusal?.retryAfterMs ?? RETRY_MS;
      await new Promise<void>((resolve) => this.#options.clock.after(wait, resolve));
    }
    throw new Error('the move was called off');
  }

  #attempt(): Promise<Error | undefined> {
    const { socket } = this.to;
    return new Promise((resolve) => {
      const settle = (error?: Error) => {
        socket.off('connect', onConnect);
        socket.off('connect_error', onError);
        resolve(error);
      };
      const onConnect = () => settle();
      const onError = (error: Error) => settle(error);
      socket.on('connect', onConnect);
      socket.on('connect_error', onError);
      socket.connect();
    });
  }
}
