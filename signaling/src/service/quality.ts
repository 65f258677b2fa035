import { ParleyError, type QualityReport } from '@parley/shared/protocol';
import type { Clock, Logger } from '@parley/shared/runtime';
import type { Speaker } from '../rooms/index.ts';

/** Where quality reports are added up. */
export interface QualitySink {
  reported(report: QualityReport): void;
}

/** Clients report a room every 10 s; within this time one connection counts once for each room it may be in. */
const WINDOW_MS = 8_000;
const PER_WINDOW = 16;

/** What clients say of the sound. It is counted, and nothing rests on it. */
export class Quality {
  #sink: QualitySink;
  #clock: Clock;
  #logger: Logger;
  /** Reports of a connection in its present window; goes with the connection. */
  #counts = new WeakMap<object, { since: number; count: number }>();

  constructor({ sink, clock, logger }: { sink: QualitySink; clock: Clock; logger: Logger }) {
    this.#sink = sink;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** @throws {ParleyError} `rate_limited`: who reports more often would count for more than others. */
  report(connection: object, { memberId }: Speaker, report: QualityReport): void {
    const now = this.#clock.now();
    const known = this.#counts.get(connection);
    const window = known && now - known.since < WINDOW_MS ? known : { since: now, count: 0 };
    if (window.count >= PER_WINDOW) {
      throw new ParleyError('rate_limited', undefined, { retryAfterMs: window.since + WINDOW_MS - now });
    }
    window.count++;
    this.#counts.set(connection, window);
    this.#sink.reported(report);
    const { roomId, path, epoch, mos, rtt, jitter, loss } = report;
    this.#logger.debug('quality', { roomId, memberId, path, epoch, mos, rtt, jitter, loss });
  }
}
