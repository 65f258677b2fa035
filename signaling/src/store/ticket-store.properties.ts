import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { MatchWishes } from '@parley/shared/protocol';
import fc from 'fast-check';
import { readKind } from '../matchmaking/kind.ts';
import { accept } from '../matchmaking/search.ts';
import { DEFAULT_MATCH_SETTINGS, RETRY_MAX_MS } from '../matchmaking/settings.ts';
import { Queue } from '../matchmaking/testing/queue.ts';
import type { CreateTicketStore } from './ticket-store.contract.ts';
import type { Standing } from './ticket-store.ts';

const USERS = ['ann', 'ben', 'cat', 'dan', 'eve', 'fay'];
/** Long tickets and short memories, so that time brings all there is to see. */
const SETTINGS = { ...DEFAULT_MATCH_SETTINGS, recentMs: 40_000 };

type Act =
  | { act: 'enqueue'; user: string; fresh: boolean; wish: Partial<MatchWishes>; avoid: string[] }
  | { act: 'confirm' | 'confirmAll' | 'cancel' | 'park' | 'touch'; user: string }
  | { act: 'avoid'; user: string; other: string }
  | { act: 'wait'; ms: number };

const user = fc.constantFrom(...USERS);
const word = (...words: string[]) => fc.constantFrom(...words);
const picky = fc.record({
  size: fc.constantFrom(2, 2, 2, 3),
  language: fc.constantFrom(null, 'en', 'fr'),
  region: fc.constantFrom(null, 'eu', 'us'),
  attributes: fc.oneof(fc.constant({}), fc.record({ level: word('new', 'old') })),
  filters: fc.oneof(fc.constant({}), fc.record({ level: fc.subarray(['new', 'old'], { minLength: 1 }) })),
  widen: fc.constantFrom('none' as const, 'region' as const, 'language' as const),
});
const wish = fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, { weight: 3, arbitrary: picky });
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      act: word('enqueue'),
      user,
      fresh: fc.boolean(),
      wish,
      avoid: fc.subarray(USERS, { maxLength: 2 }),
    }),
  },
  { weight: 6, arbitrary: fc.record({ act: word('confirm', 'confirmAll'), user }) },
  { weight: 3, arbitrary: fc.record({ act: word('cancel', 'park', 'touch'), user }) },
  { weight: 1, arbitrary: fc.record({ act: word('avoid'), user, other: user }) },
  { weight: 3, arbitrary: fc.record({ act: word('wait'), ms: fc.constantFrom(0, 1, 900, 5_000, 9_000, 16_000) }) },
) as fc.Arbitrary<Act>;

/** Acts on a queue and holds what comes of it against what must never be. */
class Witness {
  readonly queue: Queue;
  #heard = 0;
  #tickets = 0;
  /** User -> the match they are in, as they were told. */
  readonly #matchOf = new Map<string, string>();
  readonly #metUntil = new Map<string, number>();
  readonly #blocked = new Set<string>();
  /** Ticket -> when its waiting began. */
  readonly #since = new Map<string, number>();
  readonly #present = new Set<string>();
  /** Tickets that have led to a room: once forgotten, the same one said again begins to wait anew. */
  readonly #fulfilled = new Set<string>();

  constructor(queue: Queue) {
    this.queue = queue;
  }

  async do(act: Act): Promise<void> {
    switch (act.act) {
      case 'enqueue': {
        const { user, fresh, wish, avoid } = act;
        for (const key of [...this.#blocked]) if (key.startsWith(`${user} `)) this.#blocked.delete(key);
        for (const other of avoid) this.#blocked.add(`${user} ${other}`);
        const ticketId =
          fresh || !this.#since.has(this.queue.ticket(user).ticketId) ? `ticket-${++this.#tickets}` : undefined;
        if (ticketId !== undefined) this.#matchOf.delete(user);
        this.#present.add(user);
        const overrides = ticketId === undefined ? { ticketId: this.queue.ticket(user).ticketId } : { ticketId };
        this.#check(user, await this.queue.enqueue(user, { ...overrides, wishes: wish, avoid }));
        break;
      }
      case 'confirm':
        if (this.#matchOf.has(act.user)) this.#check(act.user, await this.queue.confirm(act.user));
        break;
      case 'confirmAll': {
        const matchId = this.#matchOf.get(act.user);
        for (const [user, of] of [...this.#matchOf]) if (of === matchId) await this.queue.confirm(user);
        break;
      }
      case 'cancel':
      case 'park':
        this.#matchOf.delete(act.user);
        this.#present.delete(act.user);
        await this.queue[act.act](act.user);
        // After `cancel` the ticket is gone; a parked one may be swept at any time from now.
        this.#since.delete(this.queue.ticket(act.user).ticketId);
        break;
      case 'touch':
        this.#check(act.user, await this.queue.touch(act.user));
        break;
      case 'avoid': {
        const { state } = await this.queue.apply({ op: 'avoid', userId: act.user, other: act.other });
        if (state !== 'none') this.#blocked.add(`${act.user} ${act.other}`);
        break;
      }
      case 'wait':
        await this.queue.pass(act.ms);
    }
    this.hear();
    for (const user of this.#present) this.#check(user, await this.queue.touch(user));
  }

  /** Checks all that was told since. */
  hear(): void {
    const { queue } = this;
    for (const notice of queue.notices.slice(this.#heard)) {
      if (notice.type === 'found') {
        const before = this.#matchOf.get(notice.userId);
        assert.equal(before, undefined, `${notice.userId} is in two matches`);
        this.#matchOf.set(notice.userId, notice.matchId);
        this.#checkGroup(notice.matchId, notice.size);
      } else if (notice.type === 'ready') {
        assert.ok(!notice.partners.includes(notice.userId), 'matched with oneself');
        for (const partner of notice.partners)
          this.#metUntil.set(pair(notice.userId, partner), queue.now + SETTINGS.recentMs);
        this.#matchOf.delete(notice.userId);
        this.#present.delete(notice.userId);
        this.#fulfilled.add(notice.ticketId);
      } else {
        this.#matchOf.delete(notice.userId);
        if (notice.type !== 'closed') continue;
        this.#present.delete(notice.userId);
        this.#since.delete(notice.ticketId);
      }
    }
    this.#heard = queue.notices.length;
  }

  /** Whoever waits now suits nobody who waits. */
  async checkNobodyStarves(): Promise<void> {
    const waiting: { userId: string; since: number; kind: ReturnType<typeof readKind> }[] = [];
    for (const userId of this.#present) {
      const standing = await this.queue.touch(userId);
      const { kind } = this.queue.ticket(userId);
      if (standing.state === 'waiting') waiting.push({ userId, since: standing.since ?? 0, kind: readKind(kind) });
    }
    const suit = (a: (typeof waiting)[number], b: (typeof waiting)[number]) =>
      a !== b && !this.#apart(a.userId, b.userId) && accept(a, b, this.queue.now, SETTINGS);
    for (const a of waiting) {
      for (const b of waiting.filter((it) => suit(a, it))) {
        if (a.kind.size === 2) assert.fail(`${a.userId} and ${b.userId} wait for each other in vain`);
        const third = waiting.find((it) => suit(a, it) && suit(b, it));
        assert.equal(third, undefined, `${a.userId}, ${b.userId} and ${third?.userId} wait for each other in vain`);
      }
    }
  }

  #checkGroup(matchId: string, size: number): void {
    const members = this.queue.notices.filter((it) => it.type === 'found' && it.matchId === matchId);
    const users = members.map(({ userId }) => userId);
    assert.equal(new Set(users).size, users.length, 'someone is in a match twice');
    assert.equal(size, users.length);
    for (const [index, one] of users.entries()) {
      for (const other of users.slice(index + 1)) {
        assert.ok(!this.#apart(one, other), `${one} and ${other} must not meet`);
        const [a, b] = [one, other].map((userId) => {
          const { ticketId, since, kind } = this.queue.ticket(userId);
          return { userId, since: this.#since.get(ticketId) ?? since, kind: readKind(kind) };
        });
        assert.ok(a && b && accept(a, b, this.queue.now, SETTINGS), `${one} and ${other} do not suit`);
      }
    }
  }

  #apart(one: string, other: string): boolean {
    const blocked = this.#blocked.has(`${one} ${other}`) || this.#blocked.has(`${other} ${one}`);
    return blocked || (this.#metUntil.get(pair(one, other)) ?? 0) > this.queue.now;
  }

  #check(user: string, standing: Standing & { since?: number }): void {
    if (standing.since === undefined) return;
    const { ticketId } = this.queue.ticket(user);
    if (standing.state !== 'ready' && this.#fulfilled.delete(ticketId)) this.#since.delete(ticketId);
    const since = this.#since.get(ticketId) ?? standing.since;
    this.#since.set(ticketId, since);
    assert.equal(standing.since, since, `${user} lost their place`);
  }
}

export function describeTicketProperties(name: string, create: CreateTicketStore): void {
  describe(`ticket store, whatever happens: ${name}`, () => {
    test('nobody is matched twice, wrongly or with themselves, loses their place, or waits in vain', async (t) => {
      await check(t, create);
    });
  });
}

async function check(t: TestContext, create: CreateTicketStore): Promise<void> {
  const store = await create(t, SETTINGS);
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 1, maxLength: 40 }), async (acts) => {
      const witness = new Witness(new Queue(store, SETTINGS, `run-${run++}`));
      for (const it of acts) await witness.do(it);
      // Until all who wait have looked once more with everything worn down and forgotten.
      await witness.queue.pass(SETTINGS.confirmMs + RETRY_MAX_MS + 30_000);
      witness.hear();
      await witness.checkNobodyStarves();
    }),
    { numRuns: 150 },
  );
}

function pair(one: string, other: string): string {
  return [one, other].sort().join(' ');
}
