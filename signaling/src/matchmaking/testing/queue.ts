import assert from 'node:assert/strict';
import type { MatchWishes } from '@parley/shared/protocol';
import type { Named, Notice, Standing, Ticket, TicketOperation, TicketStore } from '../../store/ticket-store.ts';
import { kindText } from '../kind.ts';
import type { MatchSettings } from '../settings.ts';

type Loose = Standing & { since?: number };
type News<T extends Notice['type']> = Extract<Notice, { type: T }>;
interface Overrides extends Partial<Omit<Ticket, 'kind'>> {
  wishes?: Partial<MatchWishes>;
}

export function wishes(some: Partial<MatchWishes> = {}): MatchWishes {
  const none = { mode: 'talk', size: 2, language: null, region: null, attributes: {}, filters: {} };
  return { ...none, widen: 'language', ...some };
}

/** One mode of a ticket store, with a clock of its own, and all that it ever had to say. */
export class Queue {
  now = 1_000_000_000;
  readonly notices: Notice[] = [];
  readonly settings: MatchSettings;
  readonly #store: TicketStore;
  readonly #mode: string;
  readonly #tickets = new Map<string, Ticket>();

  constructor(store: TicketStore, settings: MatchSettings, mode = 'talk') {
    this.#store = store;
    this.settings = settings;
    this.#mode = mode;
  }

  async applyAll(operations: readonly TicketOperation[]): Promise<Standing[]> {
    const { standings, notices } = await this.#store.apply(this.#mode, operations, this.now);
    assert.equal(standings.length, operations.length);
    this.notices.push(...notices);
    return standings;
  }

  async apply(operation: TicketOperation): Promise<Loose> {
    return (await this.applyAll([operation]))[0] as Standing;
  }

  make(userId: string, { wishes: some, ...overrides }: Overrides = {}): Ticket {
    const before = { ticketId: `ticket-of-${userId}`, sessionId: `session-of-${userId}`, nodeId: 'node-1', avoid: [] };
    const ticket = { userId, ...before, since: this.now, kind: kindText(wishes(some)), ...overrides };
    this.#tickets.set(userId, ticket);
    return ticket;
  }

  enqueue(userId: string, overrides: Overrides = {}): Promise<Loose> {
    return this.apply({ op: 'enqueue', ticket: this.make(userId, overrides) });
  }

  ticket(userId: string): Ticket {
    return this.#tickets.get(userId) ?? this.make(userId);
  }

  named(userId: string): Named {
    const { ticketId, sessionId } = this.ticket(userId);
    return { userId, ticketId, sessionId };
  }

  /** Confirms the newest match that the user was told of. */
  confirm(userId: string): Promise<Loose> {
    const { matchId } = this.last(userId, 'found');
    return this.apply({ op: 'confirm', matchId, ...this.named(userId) });
  }

  cancel(userId: string): Promise<Loose> {
    return this.apply({ op: 'cancel', ...this.named(userId) });
  }

  park(userId: string): Promise<Loose> {
    return this.apply({ op: 'park', ...this.named(userId) });
  }

  touch(userId: string): Promise<Loose> {
    return this.apply({ op: 'touch', ...this.named(userId) });
  }

  async meet(one: string, other: string): Promise<void> {
    for (const user of [one, other]) await this.enqueue(user);
    for (const user of [one, other]) await this.confirm(user);
  }

  /** Lets time pass for everyone who is still there, as their nodes do, and looks after it once. */
  async pass(ms: number) {
    const end = this.now + ms;
    while (this.now < end) {
      const step = Math.min(end - this.now, 4_000);
      this.now += step;
      if (this.now < end) {
        await this.applyAll([...this.#tickets.keys()].map((userId) => ({ op: 'touch', ...this.named(userId) })));
        await this.sweep();
      }
    }
    return this.sweep();
  }

  /** Lets time pass while nobody says that anybody lives. */
  drift(ms: number) {
    this.now += ms;
    return this.sweep();
  }

  /** Until there is no more to look after; what the last look saw, and the sum of what all found. */
  async sweep() {
    const sum = { stale: 0, vanished: 0, unconfirmed: 0, expired: 0 };
    for (;;) {
      const swept = await this.apply({ op: 'sweep' });
      assert.equal(swept.state, 'swept');
      for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += swept[key];
      const { isEmpty: _isEmpty, ...rest } = swept;
      if (!swept.more) return { ...rest, ...sum };
    }
  }

  news(userId: string): Notice[] {
    return this.notices.filter((notice) => notice.userId === userId);
  }

  typesOf(userId: string): string[] {
    return this.news(userId).map(({ type }) => type);
  }

  last<T extends Notice['type']>(userId: string, type: T): News<T> {
    const notice = this.news(userId).findLast((it) => it.type === type);
    assert.ok(notice, `${userId} was never told ${type}`);
    return notice as News<T>;
  }

  /** All matches ever made, in their order, their members by name. */
  matches(): string[][] {
    const groups = new Map<string, string[]>();
    for (const notice of this.notices) {
      if (notice.type !== 'found') continue;
      groups.set(notice.matchId, [...(groups.get(notice.matchId) ?? []), notice.userId].sort());
    }
    return [...groups.values()];
  }
}
