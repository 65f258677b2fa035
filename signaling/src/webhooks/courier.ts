import type { Clock, Logger, Timer } from '@parley/shared/runtime';
import type { Outbox, OutboxEntry } from '../store/outbox.ts';
import type { Attempt } from './post.ts';

/** A receiver that fails is asked again after about 1, 2, 4, 8, 16 s, and from then on every 30 s or so. */
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 30_000;
/** What one room may have delivered before the others have their turn. */
const TURN = 16;

export interface CourierOptions {
  /** The receiver's name in the outbox. */
  receiver: string;
  outbox: Outbox;
  /** Makes one attempt; never throws. */
  attempt: (text: string) => Promise<Attempt>;
  /** Deliveries under way at once. */
  concurrency: number;
  clock: Clock;
  /** 0 to 1. */
  random: () => number;
  logger: Logger;
  onAttempt: (attempt: Attempt, entry: OutboxEntry) => void;
}

interface RoomDelivery {
  roomId: string;
  /** Attempts in vain since the last that was not. */
  failures: number;
  state: 'ready' | 'running' | 'waiting';
  /** More has come while it was running. */
  again: boolean;
  timer: Timer | undefined;
}

/**
 * Delivers to one receiver: each room's entries one after the other, each until it is accepted; many rooms at once. A
 * room whose delivery fails waits and leaves its place to others, and failing rooms together never take more than half of
 * the places.
 */
export class Courier {
  readonly #options: CourierOptions;
  readonly #rooms = new Map<string, RoomDelivery>();
  readonly #fresh = new Set<RoomDelivery>();
  readonly #retries = new Set<RoomDelivery>();
  #running = 0;
  #retrying = 0;
  #isDown = false;
  #closed = false;

  constructor(options: CourierOptions) {
    this.#options = options;
  }

  /** The room may have something to deliver. */
  wake(roomId: string): void {
    if (this.#closed) return;
    const room = this.#rooms.get(roomId);
    if (room) {
      room.again = true;
      return;
    }
    const fresh: RoomDelivery = { roomId, failures: 0, state: 'ready', again: false, timer: undefined };
    this.#rooms.set(roomId, fresh);
    this.#enqueue(fresh);
  }

  /** Rooms that have, or may have, something to deliver. */
  get size(): number {
    return this.#rooms.size;
  }

  close(): void {
    this.#closed = true;
    for (const { timer } of this.#rooms.values()) this.#options.clock.cancel(timer);
    for (const set of [this.#rooms, this.#fresh, this.#retries]) set.clear();
  }

  #enqueue(room: RoomDelivery): void {
    room.state = 'ready';
    (room.failures > 0 ? this.#retries : this.#fresh).add(room);
    this.#pump();
  }

  #pump(): void {
    const { concurrency } = this.#options;
    while (!this.#closed && this.#running < concurrency) {
      const mayRetry = this.#retrying < Math.ceil(concurrency / 2);
      const [room] = [...(mayRetry ? first(this.#retries) : []), ...first(this.#fresh)];
      if (!room) return;
      this.#fresh.delete(room);
      this.#retries.delete(room);
      void this.#run(room);
    }
  }

  async #run(room: RoomDelivery): Promise<void> {
    const isRetry = room.failures > 0;
    room.state = 'running';
    this.#running++;
    if (isRetry) this.#retrying++;
    const end = await this.#deliver(room).catch((error: unknown) => {
      // The store is out of reach: what it holds waits there.
      this.#options.logger.debug('outbox out of reach', { roomId: room.roomId, error });
      return 'failed' as const;
    });
    this.#running--;
    if (isRetry) this.#retrying--;
    if (this.#closed) return;
    if (end === 'failed') this.#wait(room);
    else if (end === 'more' || room.again) this.#enqueue(room);
    else this.#rooms.delete(room.roomId);
    this.#pump();
  }

  async #deliver(room: RoomDelivery): Promise<'empty' | 'more' | 'failed'> {
    const { outbox, receiver, attempt, onAttempt } = this.#options;
    for (let turn = 0; turn < TURN && !this.#closed; turn++) {
      room.again = false;
      const entry = await outbox.next(room.roomId, receiver);
      if (!entry) return 'empty';
      const outcome = await attempt(entry.text);
      if (this.#closed) return 'failed';
      onAttempt(outcome, entry);
      this.#note(outcome);
      if (outcome.result !== 'delivered') return 'failed';
      room.failures = 0;
      await outbox.accepted(room.roomId, receiver, entry.position);
    }
    return 'more';
  }

  #wait(room: RoomDelivery): void {
    const { clock, random } = this.#options;
    const most = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(room.failures, 10));
    room.failures++;
    room.state = 'waiting';
    room.timer = clock.after(most * (0.5 + random() / 2), () => {
      room.timer = undefined;
      this.#enqueue(room);
    });
  }

  /** Says once that the receiver is down, and once that it is not. */
  #note(attempt: Attempt): void {
    const isDown = attempt.result !== 'delivered';
    if (isDown === this.#isDown) return;
    this.#isDown = isDown;
    if (isDown) this.#options.logger.warn('webhooks are not accepted; they are tried again', { ...attempt });
    else this.#options.logger.info('webhooks are accepted again');
  }
}

function first<T>(set: Set<T>): T[] {
  const { value, done } = set.values().next();
  return done ? [] : [value as T];
}
