import { ParleyError, type RequestOutput, type ServerEvent } from '@parley/shared/protocol';
import { type Clock, Emitter, type Logger, type Timer } from '@parley/shared/runtime';
import type { PresenceChange, PresenceEvents, PresenceWatch, PresentUser } from '../types.ts';

/** Waits before a watch that could not be had is asked for again, in ms; the last repeats. */
const RETRY_MS = [500, 2_000, 10_000];

export interface WatchOptions {
  /** Asks for it. */
  begin: () => Promise<RequestOutput<'presence:watch'>>;
  /** Gives it up. */
  end: (watchId: string) => void;
  isConnected: () => boolean;
  onClosed: () => void;
  clock: Clock;
  log: Logger;
}

/** Who of some users, or of everyone, is online: a snapshot, kept up by numbered changes, and taken anew after a gap. */
export class Watch implements PresenceWatch {
  readonly #options: WatchOptions;
  readonly #events: Emitter<PresenceEvents>;
  readonly #users = new Map<string, PresentUser>();
  #watchId: string | null = null;
  #seq = 0;
  #total = 0;
  /** Counts up, so that what an earlier request still answers is ignored. */
  #round = 0;
  #timer: Timer | undefined;
  #closed = false;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#events = new Emitter((error, event) => options.log.error('listener threw', { event, error }));
  }

  get users(): ReadonlyMap<string, PresentUser> {
    return this.#users;
  }

  get total(): number {
    return this.#total;
  }

  /** The name that this watch has at the server now; null while it has none. */
  get watchId(): string | null {
    return this.#watchId;
  }

  on<E extends keyof PresenceEvents>(event: E, listener: (...args: PresenceEvents[E]) => void): () => void {
    return this.#events.on(event, listener);
  }

  off<E extends keyof PresenceEvents>(event: E, listener: (...args: PresenceEvents[E]) => void): void {
    this.#events.off(event, listener);
  }

  /** Watches, or watches anew: what was known stays until the answer. @throws {ParleyError} */
  async begin(): Promise<void> {
    this.#options.clock.cancel(this.#timer);
    const round = ++this.#round;
    this.#watchId = null;
    const { watchId, seq, users, total } = await this.#options.begin();
    if (this.#closed || round !== this.#round) {
      this.#options.end(watchId);
      return;
    }
    this.#watchId = watchId;
    this.#seq = seq;
    const present = new Set(users.map(({ userId }) => userId));
    const gone = [...this.#users.keys()].filter((userId) => !present.has(userId));
    this.#apply(users, gone, total);
  }

  /** As `begin`, as often as it takes. */
  async renew(attempt = 0): Promise<void> {
    const { isConnected, clock, log } = this.#options;
    const begun = this.begin();
    const round = this.#round;
    try {
      await begun;
    } catch (cause) {
      if (this.#closed || round !== this.#round) return;
      const error = cause instanceof ParleyError ? cause : new ParleyError('internal', undefined, { cause });
      log.warn('presence not watched', { code: error.code });
      if (!error.retryable) {
        this.#end({ code: error.code, message: error.message });
        return;
      }
      // The next connection watches anew.
      if (!isConnected()) return;
      const wait = Math.max(error.retryAfterMs ?? 0, RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)] ?? 0);
      this.#timer = clock.after(wait, () => void this.renew(attempt + 1));
    }
  }

  handleChanged({ seq, online, offline, total }: ServerEvent<'presence:changed'>): void {
    if (this.#closed || seq <= this.#seq) return;
    if (seq > this.#seq + 1) {
      void this.renew();
      return;
    }
    this.#seq = seq;
    this.#apply(online, offline, total);
  }

  close(): void {
    this.#end({ code: 'left', message: 'The watch was ended.' });
  }

  #end(reason: { code: string; message: string }): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#options.clock.cancel(this.#timer);
    this.#options.onClosed();
    if (this.#watchId !== null) this.#options.end(this.#watchId);
    this.#events.emit('closed', reason);
    this.#events.removeAllListeners();
  }

  #apply(online: readonly PresentUser[], offline: readonly string[], total: number): void {
    const change: PresenceChange = {
      online: online.filter(({ userId, rooms }) => !sameRooms(this.#users.get(userId)?.rooms, rooms)),
      offline: offline.filter((userId) => this.#users.delete(userId)),
    };
    for (const user of change.online) this.#users.set(user.userId, user);
    const isNews = change.online.length > 0 || change.offline.length > 0 || total !== this.#total;
    this.#total = total;
    if (isNews) this.#events.emit('changed', change);
  }
}

function sameRooms(a: readonly string[] | undefined, b: readonly string[]): boolean {
  return a?.length === b.length && a.every((room, i) => room === b[i]);
}
