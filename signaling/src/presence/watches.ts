import { ParleyError, type RequestOutput } from '@parley/shared/protocol';
import type { Clock, Timer } from '@parley/shared/runtime';
import type { PresenceAudience } from './audience.ts';
import { EVERYONE, Listing, presentOf } from './listing.ts';
import type { Whereabouts } from './whereabouts.ts';

/** Users that a watch of everyone lists. */
const LISTED_MAX = 1_000;
/** Users of one event. */
const PER_EVENT = 500;
/** Watches of one connection. */
const WATCHES_MAX = 16;

interface Watch {
  id: string;
  connectionId: string;
  userIds: ReadonlySet<string>;
  seq: number;
}

export interface WatchesOptions {
  whereabouts: Whereabouts;
  audience: PresenceAudience;
  clock: Clock;
  /** Changes are told together, this long after the first. */
  intervalMs: number;
}

/** Who wants to know of whom, and is told: of a change only those hear who watch that user. */
export class Watches {
  #options: WatchesOptions;
  #listing: Listing;
  #byConnection = new Map<string, Map<string, Watch | typeof EVERYONE>>();
  #byUser = new Map<string, Set<Watch>>();
  #changed = new Set<string>();
  #flushing: Timer | undefined;
  #nextId = 1;
  #size = 0;
  #closed = false;

  constructor(options: WatchesOptions) {
    this.#options = options;
    this.#listing = new Listing(options.whereabouts, LISTED_MAX);
  }

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /**
   * Begins to tell a connection of some users, or of everyone.
   * @throws {ParleyError} `conflict` when the connection has too many watches
   */
  watch(connectionId: string, userIds: readonly string[] | undefined): RequestOutput<'presence:watch'> {
    const watches = this.#byConnection.get(connectionId) ?? new Map<string, Watch | typeof EVERYONE>();
    const isAgain = userIds === undefined && watches.has(EVERYONE);
    if (!isAgain && watches.size >= WATCHES_MAX) {
      throw new ParleyError('conflict', 'This connection watches too much.');
    }
    this.#byConnection.set(connectionId, watches);
    if (!isAgain) this.#size++;
    if (userIds === undefined) {
      watches.set(EVERYONE, EVERYONE);
      this.#options.audience.admit(connectionId);
      return this.#listing.snapshot();
    }
    const watch: Watch = { id: String(this.#nextId++), connectionId, userIds: new Set(userIds), seq: 0 };
    watches.set(watch.id, watch);
    for (const userId of watch.userIds) {
      const set = this.#byUser.get(userId) ?? new Set();
      this.#byUser.set(userId, set.add(watch));
    }
    const users = presentOf(watch.userIds, this.#options.whereabouts);
    return { watchId: watch.id, seq: 0, users, total: users.length };
  }

  /** Ends a watch; one that is over is nobody's mistake. */
  unwatch(connectionId: string, watchId: string): void {
    const watches = this.#byConnection.get(connectionId);
    const watch = watches?.get(watchId);
    if (!watches || !watch) return;
    watches.delete(watchId);
    if (watches.size === 0) this.#byConnection.delete(connectionId);
    this.#size--;
    if (watch === EVERYONE) this.#options.audience.dismiss(connectionId);
    else this.#forget(watch);
  }

  /** The connection is gone. */
  closed(connectionId: string): void {
    const watches = this.#byConnection.get(connectionId);
    this.#byConnection.delete(connectionId);
    this.#size -= watches?.size ?? 0;
    for (const watch of watches?.values() ?? []) if (watch !== EVERYONE) this.#forget(watch);
  }

  changed(userId: string): void {
    this.#changed.add(userId);
    this.#flushLater();
  }

  close(): void {
    this.#closed = true;
    this.#options.clock.cancel(this.#flushing);
  }

  #forget(watch: Watch): void {
    for (const userId of watch.userIds) {
      const set = this.#byUser.get(userId);
      set?.delete(watch);
      if (set?.size === 0) this.#byUser.delete(userId);
    }
  }

  #flushLater(): void {
    if (this.#closed) return;
    this.#flushing ??= this.#options.clock.after(this.#options.intervalMs, () => {
      this.#flushing = undefined;
      this.#flush();
      if (this.#listing.isBehind) this.#flushLater();
    });
  }

  #flush(): void {
    const { audience, whereabouts } = this.#options;
    const changed = this.#changed;
    this.#changed = new Set();
    for (const event of this.#listing.flush(changed, PER_EVENT)) audience.tellAll(event);
    const concerned = new Map<Watch, string[]>();
    for (const userId of changed) {
      for (const watch of this.#byUser.get(userId) ?? []) {
        const some = concerned.get(watch);
        if (some) some.push(userId);
        else concerned.set(watch, [userId]);
      }
    }
    for (const [watch, userIds] of concerned) {
      const offline = userIds.filter((userId) => whereabouts.get(userId) === null);
      const total = [...watch.userIds].filter((userId) => whereabouts.get(userId) !== null).length;
      const event = { watchId: watch.id, seq: ++watch.seq, online: presentOf(userIds, whereabouts), offline, total };
      audience.tell(watch.connectionId, event);
    }
  }
}
