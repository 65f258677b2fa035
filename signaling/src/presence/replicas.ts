import type { Clock, Logger, Timer } from '@parley/shared/runtime';
import type { Bus } from '../cluster/bus.ts';
import type { BusMessageOf } from '../cluster/messages.ts';
import type { PresenceStore, StoredPresence } from '../store/presence-store.ts';
import { SETTLE_MS } from './attendance.ts';
import { Later } from './later.ts';
import { Page } from './page.ts';
import type { Whereabouts } from './whereabouts.ts';

/** Users of a dead node that are cleared away in one go. */
const CLEAR_AT_ONCE = 500;

export interface ReplicasOptions {
  whereabouts: Whereabouts;
  bus: Bus;
  store: PresenceStore;
  clock: Clock;
  logger: Logger;
  /** How long the users of a dead node count as there, unless they appear elsewhere. */
  graceMs: number;
  /** Another node has this user now. */
  onSeen: (userId: string) => void;
  /** A page was not what its node says it is, and is read again. */
  onRepair: () => void;
}

/** What the other nodes say of their users: followed message by message, compared beat by beat, read anew on any doubt. */
export class Replicas {
  #options: ReplicasOptions;
  #living = new Map<string, Page>();
  /** With the burial of each: one that rises and dies again is mourned anew. */
  #dead = new Map<Page, symbol>();
  /** `isDead`: the node has died while its page was being read. */
  #reading = new Map<string, { isDead: boolean }>();
  #mourned: Later<{ page: Page; burial: symbol }>;
  #settling: Later<{ page: Page; userId: string }>;
  #clearing = new Set<Timer>();
  #unsubscribe: (() => void)[];
  #closed = false;

  constructor(options: ReplicasOptions) {
    this.#options = options;
    const { clock, graceMs, bus, whereabouts } = options;
    this.#mourned = new Later(clock, graceMs, ({ page, burial }) => {
      if (this.#dead.get(page) !== burial) return;
      this.#dead.delete(page);
      this.#clearAway(page, page.entries());
    });
    this.#settling = new Later(clock, Math.min(SETTLE_MS, graceMs), ({ page, userId }) => {
      if (this.#dead.has(page)) whereabouts.set(page, userId, null);
    });
    this.#unsubscribe = [
      bus.on('presenceChanged', (message, from) => this.#onChanged(from, message)),
      bus.on('presenceBeat', (message, from) => this.#onBeat(from, message)),
    ];
  }

  /** A node is there: reads what it has laid down, rather than wait for its next beat. */
  nodeUp(nodeId: string): void {
    if (!this.#isOther(nodeId)) return;
    const reading = this.#reading.get(nodeId);
    if (reading) reading.isDead = false;
    else if (!this.#living.has(nodeId)) void this.#read(nodeId, null, false);
  }

  nodeDown(nodeId: string): void {
    const reading = this.#reading.get(nodeId);
    if (reading) reading.isDead = true;
    const page = this.#living.get(nodeId);
    if (page) this.#bury(page);
  }

  close(): void {
    this.#closed = true;
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#mourned.close();
    this.#settling.close();
    for (const timer of this.#clearing) this.#options.clock.cancel(timer);
  }

  #onChanged(nodeId: string, message: BusMessageOf<'presenceChanged'>): void {
    if (!this.#isOther(nodeId)) return;
    const { incarnation, version, changes } = message;
    const page = version === 1 ? this.#begin(nodeId, incarnation) : this.#pageOf(nodeId, incarnation);
    if (!page || version > page.version + 1) {
      void this.#read(nodeId, incarnation, false);
      return;
    }
    if (version <= page.version) return;
    page.version = version;
    for (const { userId, rooms } of changes) this.#set(page, userId, rooms);
  }

  #onBeat(nodeId: string, { incarnation, version, size, checksum }: BusMessageOf<'presenceBeat'>): void {
    if (!this.#isOther(nodeId)) return;
    const page = version === 0 ? this.#begin(nodeId, incarnation) : this.#pageOf(nodeId, incarnation);
    if (page && page.version > version) return;
    if (page?.version === version && page.size === size && page.checksum === checksum) return;
    this.#options.onRepair();
    void this.#read(nodeId, incarnation, page?.version === version);
  }

  /** The page that this process of the node writes, if we have it. One that was thought dead lives again. */
  #pageOf(nodeId: string, incarnation: string): Page | undefined {
    const living = this.#living.get(nodeId);
    if (living?.incarnation === incarnation) return living;
    const risen = [...this.#dead.keys()].find((page) => page.nodeId === nodeId && page.incarnation === incarnation);
    if (!risen) return undefined;
    if (living) this.#bury(living);
    this.#dead.delete(risen);
    this.#living.set(nodeId, risen);
    return risen;
  }

  #begin(nodeId: string, incarnation: string): Page {
    const known = this.#pageOf(nodeId, incarnation);
    if (known) return known;
    const before = this.#living.get(nodeId);
    // The node has restarted: whom the earlier process had are on their way back, as after a death.
    if (before) this.#bury(before);
    const page = new Page(nodeId, incarnation);
    this.#living.set(nodeId, page);
    return page;
  }

  #bury(page: Page): void {
    const burial = Symbol();
    this.#living.delete(page.nodeId);
    this.#dead.set(page, burial);
    this.#mourned.add({ page, burial });
    for (const [userId] of page.entries()) if (this.#isElsewhere(userId)) this.#settling.add({ page, userId });
  }

  /** Users of a dead node are gone: thousands perhaps, so the event loop has its turn in between. */
  #clearAway(page: Page, entries: [userId: string, unknown][]): void {
    const { whereabouts, clock } = this.#options;
    for (const [userId] of entries.slice(0, CLEAR_AT_ONCE)) whereabouts.set(page, userId, null);
    const left = entries.slice(CLEAR_AT_ONCE);
    if (left.length === 0) return;
    const timer = clock.after(1, () => {
      this.#clearing.delete(timer);
      this.#clearAway(page, left);
    });
    this.#clearing.add(timer);
  }

  /**
   * @param incarnation what is wanted; null: whatever there is of a node that has not said anything yet
   * @param isWrong what we have of that same version does not add up
   */
  async #read(nodeId: string, incarnation: string | null, isWrong: boolean): Promise<void> {
    if (this.#reading.has(nodeId) || this.#closed) return;
    const reading = { isDead: false };
    this.#reading.set(nodeId, reading);
    try {
      const stored = await this.#options.store.read(nodeId);
      const wanted = incarnation ?? (this.#living.has(nodeId) ? null : stored?.incarnation);
      if (stored && stored.incarnation === wanted && !this.#closed) this.#take(nodeId, stored, isWrong);
    } catch (error) {
      // The next beat finds the same difference.
      this.#options.logger.debug('presence not read', { of: nodeId, error });
    } finally {
      this.#reading.delete(nodeId);
      // Otherwise what was read would make it live again, for ever.
      if (reading.isDead && !this.#closed) this.nodeDown(nodeId);
    }
  }

  #take(nodeId: string, { incarnation, version, users }: StoredPresence, isWrong: boolean): void {
    const page = this.#begin(nodeId, incarnation);
    if (isWrong ? version < page.version : version <= page.version) return;
    const present = new Map(users);
    for (const [userId] of page.entries()) if (!present.has(userId)) this.#set(page, userId, null);
    for (const [userId, rooms] of present) this.#set(page, userId, rooms);
    page.version = version;
  }

  #set(page: Page, userId: string, rooms: readonly string[] | null): void {
    const isNew = rooms !== null && page.get(userId) === null;
    this.#options.whereabouts.set(page, userId, rooms);
    if (!isNew) return;
    this.#options.onSeen(userId);
    this.seen(userId);
  }

  /** Whether a living node other than this one has the user. */
  has(userId: string): boolean {
    return this.#options.whereabouts
      .pagesOf(userId)
      .some((page) => this.#isOther(page.nodeId) && !this.#dead.has(page));
  }

  /** A living node has this user now: what the dead ones left of them ends soon. */
  seen(userId: string): void {
    for (const page of this.#options.whereabouts.pagesOf(userId)) {
      if (this.#dead.has(page)) this.#settling.add({ page, userId });
    }
  }

  #isElsewhere(userId: string): boolean {
    return this.#options.whereabouts.pagesOf(userId).some((page) => !this.#dead.has(page));
  }

  #isOther(nodeId: string): boolean {
    return nodeId !== this.#options.bus.nodeId;
  }
}
