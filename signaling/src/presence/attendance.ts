import type { Clock } from '@parley/shared/runtime';
import { Later } from './later.ts';
import type { Rooms } from './page.ts';

/**
 * How long what a lost connection left still counts once its user has appeared again: time to resume the rooms, so
 * that nobody sees the user leave them.
 */
export const SETTLE_MS = 2_000;

/** One connection of a user, live or expected back. Arrays, since there are many of these and few in each. */
interface Visit {
  userId: string;
  rooms: string[];
  isLive: boolean;
}

export interface AttendanceOptions {
  clock: Clock;
  /** How long someone whose connection dropped still counts as there, with all they were in. */
  graceMs: number;
  /** Whether another node has the user. */
  isElsewhere: (userId: string) => boolean;
  /** Something about the user may have changed. */
  onChanged: (userId: string) => void;
}

/** Who is connected to this node, and in which rooms: the truth about its own connections, and nothing else. */
export class Attendance {
  #isElsewhere: (userId: string) => boolean;
  #onChanged: (userId: string) => void;
  #live = new Map<string, Visit>();
  #byUser = new Map<string, Visit[]>();
  #graced: Later<Visit>;
  #settling: Later<Visit>;

  constructor({ clock, graceMs, isElsewhere, onChanged }: AttendanceOptions) {
    this.#isElsewhere = isElsewhere;
    this.#onChanged = onChanged;
    this.#graced = new Later(clock, graceMs, (visit) => this.#end(visit));
    this.#settling = new Later(clock, Math.min(SETTLE_MS, graceMs), (visit) => this.#end(visit));
  }

  /** Rooms of the user's connections here; null without any. */
  roomsOf(userId: string): Rooms | null {
    const visits = this.#byUser.get(userId);
    if (!visits) return null;
    return [...new Set(visits.flatMap(({ rooms }) => rooms))].sort();
  }

  opened(connectionId: string, userId: string): void {
    if (this.#live.has(connectionId)) return;
    this.seenElsewhere(userId);
    const visit: Visit = { userId, rooms: [], isLive: true };
    this.#live.set(connectionId, visit);
    const visits = this.#byUser.get(userId);
    if (visits) visits.push(visit);
    else this.#byUser.set(userId, [visit]);
    this.#onChanged(userId);
  }

  entered(connectionId: string, roomId: string): void {
    const visit = this.#live.get(connectionId);
    if (!visit || visit.rooms.includes(roomId)) return;
    // Not pushed: an array that grows makes room for 16 more.
    visit.rooms = [...visit.rooms, roomId];
    this.#onChanged(visit.userId);
  }

  exited(connectionId: string, roomId: string): void {
    const visit = this.#live.get(connectionId);
    if (!visit?.rooms.includes(roomId)) return;
    visit.rooms = visit.rooms.filter((it) => it !== roomId);
    this.#onChanged(visit.userId);
  }

  /** @param dropped without a word: the user may be back within the grace */
  closed(connectionId: string, dropped: boolean): void {
    const visit = this.#live.get(connectionId);
    if (!visit) return;
    this.#live.delete(connectionId);
    visit.isLive = false;
    if (!dropped) this.#end(visit);
    else if (this.#isHere(visit.userId) || this.#isElsewhere(visit.userId)) this.#settling.add(visit);
    else this.#graced.add(visit);
  }

  /** The user has a newer connection, here or on another node: what dropped ones left ends soon. */
  seenElsewhere(userId: string): void {
    for (const visit of this.#byUser.get(userId) ?? []) if (!visit.isLive) this.#settling.add(visit);
  }

  close(): void {
    this.#graced.close();
    this.#settling.close();
  }

  #isHere(userId: string): boolean {
    return this.#byUser.get(userId)?.some(({ isLive }) => isLive) ?? false;
  }

  #end(visit: Visit): void {
    const visits = this.#byUser.get(visit.userId);
    if (!visits?.includes(visit)) return;
    const others = visits.filter((it) => it !== visit);
    if (others.length > 0) this.#byUser.set(visit.userId, others);
    else this.#byUser.delete(visit.userId);
    this.#onChanged(visit.userId);
  }
}
