import type { PresentUser, RequestOutput } from '@parley/shared/protocol';
import type { PresenceChanged } from './audience.ts';
import type { Whereabouts } from './whereabouts.ts';

/** The name of the one watch that all who watch everyone share: one event serves them all. */
export const EVERYONE = 'everyone';
/** Flushes after which a change of nothing but the total is told. */
const TOTAL_EVERY = 10;

/**
 * Everyone, as far as the list goes: those who came first, and how many there are in all. When one of the list
 * leaves, the one who has waited longest takes the place; so what is sent does not grow with the number of users.
 */
export class Listing {
  #whereabouts: Whereabouts;
  #max: number;
  #listed = new Set<string>();
  #others = new Set<string>();
  #seq = 0;
  #toldTotal = 0;
  #flushesSince = 0;

  constructor(whereabouts: Whereabouts, max: number) {
    this.#whereabouts = whereabouts;
    this.#max = max;
  }

  snapshot(): RequestOutput<'presence:watch'> {
    const users = presentOf(this.#listed, this.#whereabouts);
    return { watchId: EVERYONE, seq: this.#seq, users, total: this.#whereabouts.size };
  }

  /** Brings the list up to date. @returns what to tell, in order; nothing when nothing of it is on the list */
  flush(changed: Iterable<string>, perEvent: number): PresenceChanged[] {
    const online = new Set<string>();
    const offline: string[] = [];
    for (const userId of changed) {
      if (this.#whereabouts.get(userId) === null) {
        this.#others.delete(userId);
        if (this.#listed.delete(userId)) offline.push(userId);
      } else if (this.#listed.has(userId)) {
        online.add(userId);
      } else {
        this.#others.add(userId);
      }
    }
    for (const userId of this.#others) {
      if (this.#listed.size >= this.#max) break;
      this.#others.delete(userId);
      this.#listed.add(userId);
      online.add(userId);
    }
    return this.#number(presentOf(online, this.#whereabouts), offline, perEvent);
  }

  #number(online: PresentUser[], offline: string[], perEvent: number): PresenceChanged[] {
    const { size: total } = this.#whereabouts;
    const events: PresenceChanged[] = [];
    for (let i = 0; i < Math.max(online.length, offline.length); i += perEvent) {
      const [some, gone] = [online.slice(i, i + perEvent), offline.slice(i, i + perEvent)];
      events.push({ watchId: EVERYONE, seq: ++this.#seq, online: some, offline: gone, total });
    }
    this.#flushesSince++;
    if (events.length === 0 && total !== this.#toldTotal && this.#flushesSince >= TOTAL_EVERY) {
      events.push({ watchId: EVERYONE, seq: ++this.#seq, online: [], offline: [], total });
    }
    if (events.length > 0) {
      this.#toldTotal = total;
      this.#flushesSince = 0;
    }
    return events;
  }

  /** Whether a change of the total is still to be told. */
  get isBehind(): boolean {
    return this.#whereabouts.size !== this.#toldTotal;
  }
}

export function presentOf(userIds: Iterable<string>, whereabouts: Whereabouts): PresentUser[] {
  const users: PresentUser[] = [];
  for (const userId of userIds) {
    const rooms = whereabouts.get(userId);
    if (rooms) users.push({ userId, rooms: [...rooms] });
  }
  return users;
}
