import { type ErrorCode, type JoinResult, ParleyError } from '@parley/shared/protocol';
import { type Clock, systemClock, type Timer } from '@parley/shared/runtime';

/** Waits between attempts while the socket is up, in ms; the last repeats. */
const RETRY_MS = [300, 1_000, 3_000];
/** Refusals that mean no more than that we were away for too long. */
const FORGOTTEN: ReadonlySet<ErrorCode> = new Set(['resume_rejected', 'not_in_room', 'room_not_found']);

export interface ResumptionOptions {
  /** Asks signaling to take up the membership again. */
  resume: () => Promise<JoinResult>;
  /** The membership is over since we were away for too long: asks for another one. */
  rejoin: () => Promise<JoinResult>;
  onResumed: (resumed: JoinResult) => void;
  /** The membership is over. */
  onRejected: (error: ParleyError) => void;
  isConnected: () => boolean;
  clock?: Clock;
}

/** Takes a membership up again on a new socket, as often as it takes; or begins another, when it has ended meanwhile. */
export class Resumption {
  readonly #options: ResumptionOptions;
  readonly #clock: Clock;
  /** Counts up, so that what an earlier socket still answers is ignored. */
  #round = 0;
  #timer: Timer | undefined;

  constructor(options: ResumptionOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** A new socket is up. */
  start(): void {
    this.cancel();
    void this.#attempt(this.#round, 0);
  }

  /**
   * Another socket is up beside the one in use: takes the membership up there, in a few attempts at most.
   * @throws {ParleyError} when it could not be, but might yet
   */
  async transfer(): Promise<void> {
    const { resume, onResumed, onRejected } = this.#options;
    this.cancel();
    const round = this.#round;
    for (let attempt = 0; round === this.#round; attempt++) {
      try {
        const resumed = await resume();
        if (round === this.#round) onResumed(resumed);
        return;
      } catch (cause) {
        if (round !== this.#round) return;
        const error = asParleyError(cause);
        if (!error.retryable) return onRejected(error);
        const wait = RETRY_MS[attempt];
        if (wait === undefined || error.code === 'connection_lost') throw error;
        await new Promise<void>((resolve) => this.#clock.after(Math.max(wait, error.retryAfterMs ?? 0), resolve));
      }
    }
  }

  /** The socket is gone again, or the room is left. */
  cancel(): void {
    this.#round++;
    this.#clock.cancel(this.#timer);
  }

  async #attempt(round: number, attempt: number): Promise<void> {
    const { onResumed, onRejected, isConnected } = this.#options;
    try {
      const resumed = await this.#resumeOrRejoin();
      if (round === this.#round) onResumed(resumed);
    } catch (cause) {
      if (round !== this.#round) return;
      const error = asParleyError(cause);
      if (!error.retryable) return onRejected(error);
      // Offline again: the next socket starts anew.
      if (!isConnected()) return;
      const wait = Math.max(error.retryAfterMs ?? 0, RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)] ?? 0);
      this.#timer = this.#clock.after(wait, () => void this.#attempt(round, attempt + 1));
    }
  }

  async #resumeOrRejoin(): Promise<JoinResult> {
    const { resume, rejoin } = this.#options;
    try {
      return await resume();
    } catch (error) {
      if (!(error instanceof ParleyError && FORGOTTEN.has(error.code))) throw error;
      return rejoin();
    }
  }
}

function asParleyError(cause: unknown): ParleyError {
  return cause instanceof ParleyError ? cause : new ParleyError('internal', undefined, { cause });
}
