import type {
  Applied,
  Named,
  Notice,
  Standing,
  Sweep,
  Ticket,
  TicketNews,
  TicketOperation,
} from '../store/ticket-store.ts';
import { Acquaintances } from './acquaintances.ts';
import type { Kind } from './kind.ts';
import { LineIndex } from './line-index.ts';
import { search } from './search.ts';
import { type MatchSettings, READY_MS, RETRY_MAX_MS } from './settings.ts';
import { SortedSet } from './sorted-set.ts';

interface Entry extends Omit<Ticket, 'kind' | 'avoid'> {
  kind: Kind;
  avoid: Set<string>;
  state: 'waiting' | 'parked' | 'pending' | 'ready';
  /** Of a pending match. */
  matchId: string | null;
  /** Whom they meet, once the room is open. */
  partners: string[];
}

interface Match {
  id: string;
  members: readonly string[];
  confirmed: Set<string>;
  confirmBy: number;
}

export interface PoolOptions {
  settings: MatchSettings;
  random: () => number;
  newId: () => string;
}

/** How much one sweep takes on; `more` says that there is more. */
export const SWEEP = { matches: 64, ended: 512, due: 64 } as const;

/** All tickets of one mode, and every decision about them. Pure but for the randomness it is given. */
export class Pool {
  readonly #settings: MatchSettings;
  readonly #options: PoolOptions;
  readonly #tickets = new Map<string, Entry>();
  readonly #lines = new LineIndex();
  readonly #matches = new Map<string, Match>();
  /** Matches by when they end unless all confirm. */
  readonly #leases = new SortedSet();
  /** Tickets by when they end unless somebody says that they live. */
  readonly #ends = new SortedSet();
  /** Waiting tickets by when they look for a match again. */
  readonly #due = new SortedSet();
  readonly #met = new Acquaintances();
  /** Tickets that are ready: they stay for a moment, and take nobody's place. */
  #ready = 0;
  #now = 0;
  #notices: Notice[] = [];

  constructor(options: PoolOptions) {
    this.#settings = options.settings;
    this.#options = options;
  }

  /** Nothing is left to remember. */
  get isEmpty(): boolean {
    return this.#tickets.size === 0 && this.#met.size === 0;
  }

  apply(operations: readonly TicketOperation[], now: number): Applied {
    this.#now = now;
    this.#notices = [];
    const standings = operations.map((operation) => this.#apply(operation));
    return { standings, notices: this.#notices };
  }

  #apply(operation: TicketOperation): Standing {
    switch (operation.op) {
      case 'enqueue':
        return this.#enqueue(operation.ticket);
      case 'assert': {
        const { ticket } = operation;
        return this.#tickets.has(ticket.userId) ? this.#touch(ticket) : this.#enqueue(ticket);
      }
      case 'touch':
        return this.#touch(operation);
      case 'confirm':
        return this.#confirm(operation);
      case 'cancel':
        return this.#cancel(operation);
      case 'park':
        return this.#park(operation);
      case 'avoid':
        return this.#avoid(operation.userId, operation.other);
      case 'sweep':
        return { state: 'swept', ...this.#sweep() };
    }
  }

  #enqueue(ticket: Ticket): Standing {
    const before = this.#tickets.get(ticket.userId);
    if (!before && this.#tickets.size - this.#ready >= this.#settings.maxTickets) return { state: 'full' };
    const { userId, ticketId, sessionId, nodeId } = ticket;
    if (before?.ticketId === ticketId) {
      Object.assign(before, { sessionId, nodeId, avoid: new Set(ticket.avoid) });
      this.#renew(before);
      this.#leaveLine(before);
      before.kind = this.#lines.kind(ticket.kind);
      if (before.state === 'pending' || before.state === 'ready') return standingOf(before, this.#matches);
      return this.#join(before);
    }
    if (before) {
      if (before.sessionId !== sessionId) this.#tell(before, { type: 'closed', code: 'replaced' });
      this.#remove(before);
    }
    const entry: Entry = {
      ...{ userId, ticketId, sessionId, nodeId, since: ticket.since },
      kind: this.#lines.kind(ticket.kind),
      avoid: new Set(ticket.avoid),
      state: 'waiting',
      matchId: null,
      partners: [],
    };
    this.#tickets.set(userId, entry);
    this.#renew(entry);
    return this.#join(entry);
  }

  /** Stands in line, and looks for a match at once. */
  #join(entry: Entry): Standing {
    entry.state = 'waiting';
    entry.matchId = null;
    if (!this.#match(entry, false)) this.#stand(entry);
    return standingOf(entry, this.#matches);
  }

  #stand(entry: Entry): void {
    this.#lines.add(entry.since, entry.userId, entry.kind);
    this.#due.add(this.#nextLook(entry), entry.userId);
  }

  #leaveLine(entry: Entry): void {
    this.#lines.remove(entry.userId, entry.kind);
    this.#due.remove(entry.userId);
  }

  /** When the ticket has widened, or else when it has waited half as long again. */
  #nextLook({ since }: Entry): number {
    const { widenRegionMs, widenLanguageMs, retryMs, maxWaitMs } = this.#settings;
    const waited = this.#now - since;
    const retry = Math.min(Math.max(retryMs, Math.floor(waited / 2)), RETRY_MAX_MS);
    const steps = [widenRegionMs, Math.max(widenRegionMs, widenLanguageMs), maxWaitMs].filter((step) => step > waited);
    return Math.min(this.#now + retry, ...steps.map((step) => since + step));
  }

  #match(entry: Entry, again: boolean): boolean {
    const { settings, random, newId } = this.#options;
    const room = {
      placesOf: (size: number) => this.#lines.placesOf(size),
      kindsAt: (size: number, place: string) => this.#lines.kindsAt(size, place),
      kind: (text: string) => this.#lines.kind(text),
      lineOf: (text: string) => this.#lines.lineOf(text),
      ticket: (userId: string) => this.#entry(userId),
      apart: (one: string, other: string) => this.#apart(one, other),
    };
    const others = search(room, entry, { now: this.#now, settings, random, again });
    if (!others) return false;
    const match: Match = {
      id: newId(),
      members: [entry, ...others].map(({ userId }) => userId),
      confirmed: new Set(),
      confirmBy: this.#now + settings.confirmMs,
    };
    this.#matches.set(match.id, match);
    this.#leases.add(match.confirmBy, match.id);
    for (const member of [entry, ...others]) {
      this.#leaveLine(member);
      member.state = 'pending';
      member.matchId = match.id;
      const { id: matchId, confirmBy } = match;
      this.#tell(member, { type: 'found', matchId, confirmBy, size: match.members.length });
    }
    return true;
  }

  #touch(named: Named): Standing {
    const entry = this.#tickets.get(named.userId);
    if (!entry) return { state: 'none' };
    if (!isOf(entry, named)) return { state: 'taken' };
    if (entry.state === 'waiting' || entry.state === 'pending') this.#renew(entry);
    return standingOf(entry, this.#matches);
  }

  #confirm(operation: Extract<TicketOperation, { op: 'confirm' }>): Standing {
    const entry = this.#tickets.get(operation.userId);
    if (!entry || !isOf(entry, operation) || entry.matchId !== operation.matchId) return { state: 'none' };
    const match = this.#matches.get(operation.matchId);
    if (!match) return standingOf(entry, this.#matches);
    if (this.#now > match.confirmBy) return { state: 'none' };
    match.confirmed.add(entry.userId);
    if (match.confirmed.size === match.members.length) this.#open(match);
    return standingOf(entry, this.#matches);
  }

  #open({ id, members }: Match): void {
    this.#matches.delete(id);
    this.#leases.remove(id);
    this.#met.add(members, this.#now + this.#settings.recentMs);
    for (const userId of members) {
      const entry = this.#entry(userId);
      const partners = members.filter((other) => other !== userId);
      entry.state = 'ready';
      this.#ready++;
      entry.partners = partners;
      this.#ends.add(this.#now + READY_MS, userId);
      this.#tell(entry, { type: 'ready', matchId: id, partners, since: entry.since });
    }
  }

  #cancel(named: Named): Standing {
    const entry = this.#tickets.get(named.userId);
    if (!entry || entry.ticketId !== named.ticketId) return { state: 'none' };
    const standing = standingOf(entry, this.#matches);
    this.#remove(entry);
    return standing;
  }

  #park(named: Named): Standing {
    const entry = this.#tickets.get(named.userId);
    if (!entry) return { state: 'none' };
    if (!isOf(entry, named)) return { state: 'taken' };
    if (entry.state === 'waiting' || entry.state === 'pending') {
      const { matchId } = entry;
      this.#leaveLine(entry);
      entry.state = 'parked';
      entry.matchId = null;
      this.#ends.add(this.#now + this.#settings.graceMs, entry.userId);
      if (matchId !== null) this.#breakUp(matchId, new Set([entry.userId]));
    }
    return standingOf(entry, this.#matches);
  }

  #avoid(userId: string, other: string): Standing {
    const entry = this.#tickets.get(userId);
    if (!entry) return { state: 'none' };
    entry.avoid.add(other);
    const match = entry.matchId === null ? undefined : this.#matches.get(entry.matchId);
    if (match?.members.includes(other)) this.#breakUp(match.id, new Set());
    return standingOf(entry, this.#matches);
  }

  /** A match that will not be: all but `without` stand where they stood before. */
  #breakUp(matchId: string, without: ReadonlySet<string>): void {
    const match = this.#matches.get(matchId);
    if (!match) return;
    this.#matches.delete(matchId);
    this.#leases.remove(matchId);
    const back = match.members.filter((userId) => !without.has(userId)).map((userId) => this.#entry(userId));
    for (const entry of back) {
      entry.state = 'waiting';
      entry.matchId = null;
      this.#stand(entry);
      this.#tell(entry, { type: 'requeued' });
    }
    for (const entry of back) if (entry.state === 'waiting') this.#match(entry, false);
  }

  #remove(entry: Entry): void {
    const { userId, matchId, state } = entry;
    if (state === 'ready') this.#ready--;
    this.#leaveLine(entry);
    this.#ends.remove(userId);
    this.#tickets.delete(userId);
    if (matchId !== null) this.#breakUp(matchId, new Set([userId]));
  }

  #sweep(): Sweep {
    const swept = { stale: 0, vanished: 0, unconfirmed: 0, expired: 0 };
    const leases = this.#leases.first(this.#now - 1, SWEEP.matches);
    for (const matchId of leases) {
      const match = this.#matches.get(matchId) as Match;
      const silent = match.members.filter((userId) => !match.confirmed.has(userId));
      for (const userId of silent) this.#tell(this.#entry(userId), { type: 'closed', code: 'match_expired' });
      this.#breakUp(matchId, new Set(silent));
      for (const userId of silent) this.#remove(this.#entry(userId));
      swept.unconfirmed++;
    }
    const ended = this.#ends.first(this.#now, SWEEP.ended);
    for (const userId of ended) {
      const entry = this.#tickets.get(userId);
      if (!entry) continue;
      if (entry.state === 'parked') swept.vanished++;
      else if (entry.state !== 'ready') swept.stale++;
      this.#remove(entry);
    }
    const due = this.#due.first(this.#now, SWEEP.due);
    for (const userId of due) {
      const entry = this.#tickets.get(userId);
      if (entry?.state !== 'waiting') continue;
      if (this.#now - entry.since >= this.#settings.maxWaitMs) {
        this.#tell(entry, { type: 'closed', code: 'match_expired' });
        this.#remove(entry);
        swept.expired++;
      } else if (!this.#match(entry, true)) {
        this.#due.add(this.#nextLook(entry), userId);
      }
    }
    this.#met.forget(this.#now);
    const more = leases.length === SWEEP.matches || ended.length === SWEEP.ended || due.length === SWEEP.due;
    const tickets = this.#tickets.size - this.#ready;
    return { ...swept, tickets, isEmpty: this.#tickets.size === 0, more };
  }

  #renew({ userId, state }: Entry): void {
    if (state !== 'ready') this.#ends.add(this.#now + this.#settings.staleMs, userId);
  }

  #apart(one: string, other: string): boolean {
    if (this.#entry(one).avoid.has(other) || this.#entry(other).avoid.has(one)) return true;
    return this.#met.has(one, other, this.#now);
  }

  #entry(userId: string): Entry {
    const entry = this.#tickets.get(userId);
    if (!entry) throw new Error('a ticket is in the index and nowhere else');
    return entry;
  }

  #tell({ userId, ticketId, sessionId, nodeId }: Entry, news: TicketNews): void {
    this.#notices.push({ userId, ticketId, sessionId, nodeId, ...news });
  }
}

function isOf(entry: Entry, { ticketId, sessionId }: Named): boolean {
  return entry.ticketId === ticketId && entry.sessionId === sessionId;
}

function standingOf(entry: Entry, matches: ReadonlyMap<string, Match>): Standing {
  const { since, matchId, partners } = entry;
  if (matchId !== null && entry.state === 'ready') return { state: 'ready', since, matchId, partners };
  const match = matchId === null ? undefined : matches.get(matchId);
  if (!match) return { state: 'waiting', since };
  return { state: 'pending', since, matchId: match.id, confirmBy: match.confirmBy, size: match.members.length };
}
