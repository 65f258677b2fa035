import type { Clock, Logger, Timer } from '@parley/shared/runtime';
import type { Bus } from '../cluster/bus.ts';
import type { PresenceStore } from '../store/presence-store.ts';
import { type Page, type Rooms, sameRooms } from './page.ts';
import type { Whereabouts } from './whereabouts.ts';

/** Changes are told to the other nodes together, this long after the first. */
export const TELL_AFTER_MS = 100;
/** How often a node says what its page should look like, and sees to it that the store has it. */
export const BEAT_MS = 2_000;
/** Users in one message between nodes. */
const CHANGES_MAX = 500;
/** With more than this to carry on, the store gets the whole page anew, piece by piece. */
const WRITE_MAX = 2_000;

export interface BulletinOptions {
  /** Of this node. */
  page: Page;
  whereabouts: Whereabouts;
  /** How it is with a user here, now; null: not connected. */
  roomsOf: (userId: string) => Rooms | null;
  /** The user was not here before. */
  onOnline: (userId: string) => void;
  bus: Bus;
  store: PresenceStore;
  clock: Clock;
  logger: Logger;
}

/** Tells everyone, this node included, who is connected here: by messages that may be lost, and a store that may be empty. */
export class Bulletin {
  #options: BulletinOptions;
  #untold = new Set<string>();
  #telling: Timer | undefined;
  #unstored = new Set<string>();
  /** What the store should have; null: unknown, write it anew. */
  #stored: { version: number; count: number } | null = null;
  #storing = false;
  #beat: Timer | undefined;
  #closed = false;

  constructor(options: BulletinOptions) {
    this.#options = options;
    this.#beatLater();
  }

  changed(userId: string): void {
    if (this.#closed) return;
    if (this.#untold.size === 0) this.#telling = this.#options.clock.after(TELL_AFTER_MS, () => this.#tell());
    this.#untold.add(userId);
  }

  close(): void {
    this.#closed = true;
    this.#options.clock.cancel(this.#telling);
    this.#options.clock.cancel(this.#beat);
  }

  /** One message of changes; when there are more the event loop has its turn in between. */
  #tell(): void {
    const { page, bus, clock } = this.#options;
    const some = [...take(this.#untold, CHANGES_MAX)];
    for (const userId of some) this.#untold.delete(userId);
    const changes = some.flatMap((userId) => this.#update(userId));
    if (changes.length > 0) {
      page.version++;
      bus.publish({ type: 'presenceChanged', incarnation: page.incarnation, version: page.version, changes });
    }
    for (const { userId } of changes) this.#unstored.add(userId);
    if (this.#untold.size > 0) this.#telling = clock.after(1, () => this.#tell());
    else if (this.#unstored.size > 0) void this.#store();
  }

  /** Brings the page up to date about one user. @returns nothing if it was */
  #update(userId: string): { userId: string; rooms: string[] | null }[] {
    const { page, whereabouts, roomsOf, onOnline } = this.#options;
    const [before, rooms] = [page.get(userId), roomsOf(userId)];
    if (sameRooms(before, rooms)) return [];
    whereabouts.set(page, userId, rooms);
    if (!before) onOnline(userId);
    return [{ userId, rooms: rooms && [...rooms] }];
  }

  #beatLater(): void {
    this.#beat = this.#options.clock.after(BEAT_MS, () => {
      const { page, bus } = this.#options;
      const { incarnation, version, size, checksum } = page;
      bus.publish({ type: 'presenceBeat', incarnation, version, size, checksum });
      void this.#store();
      this.#beatLater();
    });
  }

  /** Brings the store up to date, and writes it anew when it is not what it should be. */
  async #store(): Promise<void> {
    if (this.#storing) return;
    this.#storing = true;
    try {
      do {
        if (!(await this.#writeOn())) await this.#writeAnew();
      } while (this.#unstored.size > 0 && !this.#closed);
    } catch (error) {
      this.#stored = null;
      this.#options.logger.debug('presence not stored', { error });
    } finally {
      this.#storing = false;
    }
  }

  async #writeOn(): Promise<boolean> {
    const { page, store } = this.#options;
    if (this.#stored === null || this.#unstored.size > WRITE_MAX) return false;
    const { incarnation, version: to, size: count } = page;
    const changes = [...this.#unstored].map((userId) => [userId, page.get(userId)] as const);
    this.#unstored.clear();
    const written = await store.write(page.nodeId, { incarnation, from: this.#stored, to, changes });
    this.#stored = written ? { version: to, count } : null;
    return written;
  }

  async #writeAnew(): Promise<void> {
    const { page, store } = this.#options;
    const { incarnation, version, size: count } = page;
    this.#unstored.clear();
    await store.replace(page.nodeId, { incarnation, version, users: page.entries() });
    this.#stored = { version, count };
  }
}

function* take<T>(items: Iterable<T>, most: number): Iterable<T> {
  let taken = 0;
  for (const item of items) {
    if (taken++ === most) return;
    yield item;
  }
}
