import { ParleyError, type RoomEvent, type RoomSnapshot } from '@parley/shared/protocol';
import { type Clock, type Logger, systemClock, type Timer } from '@parley/shared/runtime';

/** Events kept while a snapshot is on its way; with more than this the next snapshot tells. */
const MAX_HELD = 512;
/** Wait before a failed snapshot is asked for again, in ms. */
const RETRY_MS = 1_000;

export interface EventLogOptions {
  fetchSnapshot: () => Promise<RoomSnapshot>;
  applySnapshot: (snapshot: RoomSnapshot) => void;
  applyEvent: (event: RoomEvent) => void;
  log: Logger;
  clock?: Clock;
}

/** Puts a room's events in order: applies the next, ignores what is past, heals a gap with a snapshot. */
export class EventLog {
  readonly #options: EventLogOptions;
  readonly #clock: Clock;
  #seq: number;
  #held: { seq: number; event: RoomEvent }[] = [];
  #fetching = false;
  #retryTimer: Timer | undefined;
  #closed = false;

  constructor(seq: number, options: EventLogOptions) {
    this.#seq = seq;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  receive(seq: number, event: RoomEvent): void {
    if (this.#closed || (seq <= this.#seq && !this.#fetching)) return;
    if (seq === this.#seq + 1 && !this.#fetching) {
      this.#seq = seq;
      this.#options.applyEvent(event);
      return;
    }
    if (this.#held.length < MAX_HELD) this.#held.push({ seq, event });
    void this.refresh();
  }

  /** A snapshot came by another way (join, resume): go on from there. */
  reset(snapshot: RoomSnapshot): void {
    if (this.#closed) return;
    this.#seq = snapshot.seq;
    this.#options.applySnapshot(snapshot);
    this.#drain();
  }

  /** Asks for a snapshot, until one has come. */
  async refresh(): Promise<void> {
    if (this.#closed || this.#fetching) return;
    this.#fetching = true;
    this.#clock.cancel(this.#retryTimer);
    try {
      const snapshot = await this.#options.fetchSnapshot();
      this.#fetching = false;
      this.reset(snapshot);
    } catch (error) {
      this.#fetching = false;
      this.#options.log.warn('snapshot failed', { error });
      const wait = Math.max(RETRY_MS, error instanceof ParleyError ? (error.retryAfterMs ?? 0) : 0);
      if (!this.#closed) this.#retryTimer = this.#clock.after(wait, () => void this.refresh());
    }
  }

  /** Signaling is gone; a resume will bring a snapshot of its own. */
  pause(): void {
    this.#clock.cancel(this.#retryTimer);
    this.#held = [];
  }

  close(): void {
    this.#closed = true;
    this.pause();
  }

  #drain(): void {
    const held = this.#held.sort((a, b) => a.seq - b.seq);
    this.#held = [];
    for (const { seq, event } of held) this.receive(seq, event);
  }
}
