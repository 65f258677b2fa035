import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { DEFAULT_MATCH_SETTINGS, type MatchSettings, READY_MS, RETRY_MAX_MS } from '../matchmaking/settings.ts';
import { Queue, wishes } from '../matchmaking/testing/queue.ts';
import { describeTicketProperties } from './ticket-store.properties.ts';
import type { TicketStore } from './ticket-store.ts';

export type CreateTicketStore = (t: TestContext, settings: MatchSettings) => Promise<TicketStore>;

const SETTINGS = DEFAULT_MATCH_SETTINGS;

/** What every ticket store promises; run by the tests of each. */
export function describeTicketStore(name: string, create: CreateTicketStore): void {
  const queueOf = async (t: TestContext, settings: Partial<MatchSettings> = {}) => {
    const all = { ...SETTINGS, ...settings };
    return new Queue(await create(t, all), all);
  };

  describe(`ticket store: ${name}`, () => {
    test('two who want the same are a match, once both confirm', async (t) => {
      const queue = await queueOf(t);
      assert.equal((await queue.enqueue('ann')).state, 'waiting');
      assert.equal((await queue.enqueue('ben')).state, 'pending');
      const { matchId, confirmBy, size } = queue.last('ann', 'found');
      assert.deepEqual([size, confirmBy], [2, queue.now + SETTINGS.confirmMs]);
      assert.equal(queue.last('ben', 'found').matchId, matchId);
      assert.equal((await queue.confirm('ann')).state, 'pending');
      assert.equal((await queue.confirm('ben')).state, 'ready');
      const ready = queue.last('ann', 'ready');
      assert.deepEqual(ready.partners, ['ben']);
      assert.equal(queue.last('ben', 'ready').matchId, ready.matchId);
      assert.equal((await queue.confirm('ann')).state, 'ready', 'to say it twice does no harm');
    });

    test('nobody is matched with themselves: a second tab replaces the ticket of the first', async (t) => {
      const queue = await queueOf(t);
      await queue.enqueue('ann', { ticketId: 'first', sessionId: 'tab-1' });
      assert.equal((await queue.enqueue('ann', { ticketId: 'second', sessionId: 'tab-2' })).state, 'waiting');
      assert.deepEqual(
        queue.news('ann').map(({ type, ticketId }) => [type, ticketId]),
        [['closed', 'first']],
      );
      await queue.enqueue('ann', { ticketId: 'third', sessionId: 'tab-2' });
      assert.equal(queue.news('ann').length, 1, 'a new search on the same connection is no news to it');
      assert.equal((await queue.sweep()).tickets, 1);
    });

    test('who is in a match is in no other', async (t) => {
      const queue = await queueOf(t);
      for (const user of ['ann', 'ben', 'cat', 'dan']) await queue.enqueue(user);
      assert.equal(queue.last('ann', 'found').matchId, queue.last('ben', 'found').matchId);
      assert.equal(queue.last('cat', 'found').matchId, queue.last('dan', 'found').matchId);
      assert.notEqual(queue.last('ann', 'found').matchId, queue.last('cat', 'found').matchId);
    });

    test('the longest waiting come first', async (t) => {
      const queue = await queueOf(t);
      await queue.enqueue('ben', {
        since: queue.now - 10,
        wishes: { attributes: { is: 'x' }, filters: { is: ['y'] } },
      });
      await queue.enqueue('ann', {
        since: queue.now - 20,
        wishes: { attributes: { is: 'x' }, filters: { is: ['y'] } },
      });
      await queue.enqueue('cat', { wishes: { attributes: { is: 'y' }, filters: { is: ['x'] } } });
      assert.deepEqual(queue.matches(), [['ann', 'cat']]);
    });

    test('a filter must be met on both sides, and stays', async (t) => {
      const queue = await queueOf(t);
      await queue.enqueue('ann', { wishes: { attributes: { level: 'new' }, filters: { level: ['new', 'old'] } } });
      await queue.enqueue('ben', { wishes: { attributes: { level: 'old' }, filters: { level: ['old'] } } });
      await queue.enqueue('cat', { wishes: {} });
      await queue.pass(60_000);
      assert.deepEqual(queue.matches(), [], 'ben wants no beginner; cat does not say what she is');
      await queue.enqueue('dan', { wishes: { attributes: { level: 'new' }, filters: { language: ['en'] } } });
      await queue.pass(60_000);
      assert.deepEqual(queue.matches(), [], 'nobody said that they speak English');
      await queue.enqueue('eve', { wishes: { attributes: { level: 'new' }, language: 'en' } });
      assert.deepEqual(queue.matches(), [['ann', 'eve']]);
    });

    test('waiting widens: to other regions first, then to other languages, for both sides', async (t) => {
      const queue = await queueOf(t);
      await queue.enqueue('ann', { wishes: { language: 'en', region: 'eu' } });
      await queue.enqueue('ben', { wishes: { language: 'en', region: 'us' } });
      await queue.enqueue('cat', { wishes: { language: 'fr', region: 'eu' } });
      await queue.pass(SETTINGS.widenRegionMs - 1);
      assert.deepEqual(queue.matches(), []);
      await queue.pass(1);
      assert.deepEqual(queue.matches(), [['ann', 'ben']]);
      await queue.enqueue('dan', { wishes: { language: 'de', region: 'eu' } });
      await queue.pass(SETTINGS.widenLanguageMs - 1);
      assert.equal(queue.matches().length, 1, 'cat would, dan would not yet');
      await queue.pass(1);
      assert.deepEqual(queue.matches(), [
        ['ann', 'ben'],
        ['cat', 'dan'],
      ]);
    });

    test('a ticket widens no further than it allows', async (t) => {
      const queue = await queueOf(t);
      await queue.enqueue('ann', { wishes: { language: 'en', region: 'eu', widen: 'none' } });
      await queue.enqueue('ben', { wishes: { language: 'en', region: 'us' } });
      await queue.enqueue('cat', { wishes: { language: 'fr', region: 'af', widen: 'region' } });
      await queue.enqueue('dan', { wishes: { language: 'de', region: 'eu' } });
      await queue.pass(120_000);
      assert.deepEqual(queue.matches(), [['ben', 'dan']]);
      await queue.enqueue('eve', { wishes: { language: 'en', region: 'eu' } });
      await queue.enqueue('fay', { wishes: { region: 'af' } });
      assert.deepEqual(
        queue.matches(),
        [
          ['ben', 'dan'],
          ['ann', 'eve'],
          ['cat', 'fay'],
        ],
        'what is not said suits all',
      );
    });

    test('those who have met do not meet again for a while, whoever of them asks', async (t) => {
      const queue = await queueOf(t);
      await queue.meet('ann', 'ben');
      for (const [one, other] of [
        ['ann', 'ben'],
        ['ben', 'ann'],
      ] as const) {
        await queue.enqueue(one, { ticketId: `${one}-${queue.now}` });
        await queue.enqueue(other, { ticketId: `${other}-${queue.now}` });
        assert.equal(queue.matches().length, 1);
        await queue.pass(1_000);
      }
      await queue.pass(SETTINGS.recentMs + RETRY_MAX_MS);
      assert.equal(queue.matches().length, 2, 'nobody else came');
    });

    test('who has blocked somebody does not meet them, and they do not meet who has blocked them', async (t) => {
      const queue = await queueOf(t);
      await queue.enqueue('ann', { avoid: ['ben'] });
      assert.equal((await queue.enqueue('ben')).state, 'waiting');
      assert.equal((await queue.enqueue('cat', { avoid: ['ann', 'ben'] })).state, 'waiting');
      await queue.pass(60_000);
      assert.deepEqual(queue.matches(), []);
    });

    test('a block among those who are about to meet ends the match, and both wait on', async (t) => {
      const queue = await queueOf(t);
      await queue.enqueue('ann');
      await queue.enqueue('ben');
      await queue.apply({ op: 'avoid', userId: 'ann', other: 'ben' });
      assert.deepEqual([queue.typesOf('ann').at(-1), queue.typesOf('ben').at(-1)], ['requeued', 'requeued']);
      assert.equal((await queue.confirm('ben')).state, 'none');
      await queue.enqueue('cat');
      assert.deepEqual(queue.matches().at(-1), ['ann', 'cat']);
    });

    test('a match that someone does not confirm ends; who did keeps the time and is matched first', async (t) => {
      const queue = await queueOf(t);
      const { since } = await queue.enqueue('ann');
      await queue.pass(100);
      await queue.enqueue('ben');
      await queue.confirm('ann');
      await queue.pass(SETTINGS.confirmMs);
      assert.equal(queue.typesOf('ann').at(-1), 'found', 'the last moment is in time');
      await queue.enqueue('cat');
      const sweep = await queue.pass(1);
      assert.equal(sweep.unconfirmed, 1);
      assert.deepEqual(queue.typesOf('ann'), ['found', 'requeued', 'found']);
      assert.deepEqual(queue.typesOf('ben'), ['found', 'closed']);
      assert.deepEqual(queue.matches().at(-1), ['ann', 'cat']);
      assert.equal((await queue.touch('ann')).since, since);
      assert.equal((await queue.confirm('ben')).state, 'none', 'too late');
    });

    test('a match whose node died is ended by any sweep, and all that died with it is forgotten', async (t) => {
      const queue = await queueOf(t);
      await queue.enqueue('ann', { nodeId: 'dies' });
      await queue.enqueue('ben', { nodeId: 'lives' });
      await queue.confirm('ben');
      const rounds = Math.ceil(SETTINGS.staleMs / 1_000) + 1;
      for (let round = 0; round < rounds; round++) {
        await queue.touch('ben');
        await queue.drift(1_000);
      }
      assert.deepEqual(queue.typesOf('ben'), ['found', 'requeued']);
      assert.equal((await queue.sweep()).tickets, 1);
    });

    test('tickets of a dead node are swept, and counted', async (t) => {
      const queue = await queueOf(t);
      await queue.enqueue('ann', { wishes: { widen: 'none', region: 'eu' } });
      await queue.enqueue('ben', { wishes: { widen: 'none', region: 'us' } });
      await queue.drift(SETTINGS.staleMs - 1);
      await queue.touch('ben');
      assert.deepEqual(await queue.drift(1), { ...NOTHING, stale: 1, tickets: 1 });
      assert.equal((await queue.touch('ann')).state, 'none');
      assert.equal((await queue.touch('ben')).state, 'waiting');
    });

    test('who has vanished is matched with nobody, and takes up their place when they are back in time', async (t) => {
      const queue = await queueOf(t);
      const { since } = await queue.enqueue('ann');
      await queue.pass(500);
      await queue.park('ann');
      await queue.enqueue('ben');
      await queue.pass(1_000);
      assert.deepEqual(queue.matches(), []);
      const back = await queue.enqueue('ann', { sessionId: 'another', nodeId: 'elsewhere' });
      assert.deepEqual([back.state, back.since], ['pending', since]);
      assert.deepEqual(queue.matches(), [['ann', 'ben']]);
    });

    test('who has vanished for too long has lost their place', async (t) => {
      const queue = await queueOf(t);
      await queue.enqueue('ann');
      await queue.park('ann');
      await queue.pass(SETTINGS.graceMs - 1);
      assert.deepEqual(await queue.pass(1), { ...NOTHING, vanished: 1 });
      const { since } = await queue.enqueue('ann');
      assert.equal(since, queue.now);
    });

    test('a partner who vanishes before all have confirmed is replaced at once', async (t) => {
      const queue = await queueOf(t);
      const { since } = await queue.enqueue('ann');
      await queue.enqueue('ben');
      await queue.enqueue('cat');
      await queue.confirm('ann');
      await queue.park('ben');
      assert.deepEqual(queue.typesOf('ann'), ['found', 'requeued', 'found']);
      assert.deepEqual(queue.matches().at(-1), ['ann', 'cat']);
      assert.equal((await queue.touch('ann')).since, since);
    });

    test('a partner who cancels before all have confirmed is replaced at once', async (t) => {
      const queue = await queueOf(t);
      await queue.enqueue('ann');
      await queue.enqueue('ben');
      await queue.enqueue('cat');
      await queue.cancel('ann');
      assert.deepEqual(queue.matches().at(-1), ['ben', 'cat']);
      assert.equal((await queue.confirm('ann')).state, 'none');
      assert.equal((await queue.cancel('nobody')).state, 'none');
    });

    test('a connection that was replaced speaks for the ticket no more', async (t) => {
      const queue = await queueOf(t);
      await queue.enqueue('ann');
      const old = queue.named('ann');
      await queue.enqueue('ann', { sessionId: 'newer' });
      for (const op of ['touch', 'park'] as const) {
        assert.equal((await queue.apply({ op, ...old })).state, 'taken');
      }
      assert.equal((await queue.apply({ op: 'assert', ticket: { ...queue.ticket('ann'), ...old } })).state, 'taken');
      assert.equal((await queue.touch('ann')).state, 'waiting');
    });

    test('what was lost is there again with its old time, and matched, when its node asserts it', async (t) => {
      const queue = await queueOf(t);
      const since = queue.now - 30_000;
      await queue.enqueue('ben');
      const ticket = { ...queue.ticket('ben'), userId: 'ann', sessionId: 'of-ann', since };
      const standing = await queue.apply({ op: 'assert', ticket });
      assert.deepEqual([standing.state, standing.since], ['pending', since]);
      assert.equal(
        (await queue.apply({ op: 'assert', ticket })).state,
        'pending',
        'to assert it again changes nothing',
      );
    });

    test('who missed that the room is open is told when they ask, for a while', async (t) => {
      const queue = await queueOf(t);
      await queue.meet('ann', 'ben');
      const { matchId } = queue.last('ann', 'ready');
      const standing = await queue.enqueue('ann');
      assert.deepEqual(standing.state === 'ready' && [standing.matchId, standing.partners], [matchId, ['ben']]);
      assert.deepEqual(await queue.pass(READY_MS), NOTHING);
      assert.equal((await queue.touch('ann')).state, 'none');
    });

    test('nobody waits for ever', async (t) => {
      const queue = await queueOf(t, { maxWaitMs: 60_000, staleMs: 120_000 });
      await queue.enqueue('ann');
      await queue.pass(59_999);
      assert.deepEqual(await queue.pass(1), { ...NOTHING, expired: 1 });
      assert.deepEqual(
        queue.news('ann').map((news) => news.type === 'closed' && news.code),
        ['match_expired'],
      );
    });

    test('a mode has room for so many, and says so', async (t) => {
      const queue = await queueOf(t, { maxTickets: 2 });
      const alone = (user: string) =>
        queue.enqueue(user, { wishes: { attributes: { i: user }, filters: { i: [user] } } });
      await alone('ann');
      await alone('ben');
      assert.equal((await alone('cat')).state, 'full');
      assert.equal((await alone('ben')).state, 'waiting', 'who is there already may come back');
      await queue.cancel('ann');
      assert.equal((await alone('cat')).state, 'waiting');
      await queue.cancel('ben');
      await queue.cancel('cat');
      await queue.meet('dan', 'eve');
      assert.equal((await alone('fay')).state, 'waiting', 'who has met takes nobody’s place');
      assert.equal((await queue.sweep()).tickets, 1);
    });

    test('modes and sizes are apart', async (t) => {
      const store = await create(t, SETTINGS);
      const [talk, play] = [new Queue(store, SETTINGS, 'talk'), new Queue(store, SETTINGS, 'play')];
      await talk.enqueue('ann');
      await play.enqueue('ben');
      await play.enqueue('cat', { wishes: { size: 3 } });
      assert.deepEqual([talk.matches(), play.matches()], [[], []]);
      assert.deepEqual(new Set(await store.modes()), new Set(['play', 'talk']));
    });

    test('a group is complete or not at all, and all of it suits all of it', async (t) => {
      const queue = await queueOf(t);
      const three = (user: string, avoid: string[] = []) => queue.enqueue(user, { wishes: { size: 3 }, avoid });
      await three('ann');
      await three('ben', ['ann']);
      assert.equal((await three('cat')).state, 'waiting', 'ann and ben are no group');
      await three('dan');
      assert.deepEqual(queue.matches(), [['ann', 'cat', 'dan']]);
      for (const user of ['ann', 'cat']) await queue.confirm(user);
      await queue.pass(SETTINGS.confirmMs + 1);
      assert.deepEqual(queue.matches().length, 1, 'ann and cat wait for a third');
      await three('eve');
      assert.deepEqual(queue.matches().at(-1), ['ann', 'cat', 'eve']);
    });

    test('a group is found behind someone who suits none of the others', async (t) => {
      const queue = await queueOf(t);
      const wish = (filters: Record<string, string[]>, kind: string) => ({ size: 3, filters, attributes: { kind } });
      await queue.enqueue('odd', { wishes: wish({ kind: ['last'] }, 'odd') });
      await queue.enqueue('ann', { wishes: wish({ kind: ['one', 'last'] }, 'one') });
      await queue.enqueue('ben', { wishes: wish({ kind: ['one', 'last'] }, 'one') });
      await queue.enqueue('last', { wishes: wish({ kind: ['one', 'odd'] }, 'last') });
      assert.deepEqual(queue.matches(), [['ann', 'ben', 'last']]);
    });

    test('twelve can be a match', async (t) => {
      const queue = await queueOf(t);
      const users = Array.from({ length: 12 }, (_, index) => `user-${String(index).padStart(2, '0')}`);
      for (const user of users) await queue.enqueue(user, { wishes: { size: 12 } });
      assert.deepEqual(queue.matches(), [users]);
    });

    test('many who suit nobody stand in nobody’s way', async (t) => {
      const queue = await queueOf(t);
      const operations = Array.from({ length: 1_500 }, (_, index) => {
        const attributes = { n: String(index) };
        const wish = wishes({ attributes, filters: { n: ['nobody'] }, language: index % 2 ? 'en' : null });
        return { op: 'enqueue' as const, ticket: queue.make(`crowd-${index}`, { wishes: wish }) };
      });
      await queue.applyAll(operations);
      await queue.enqueue('ann', { wishes: { region: 'eu', language: 'en' } });
      await queue.enqueue('ben', { wishes: { region: 'eu', language: 'en' } });
      assert.deepEqual(queue.matches(), [['ann', 'ben']]);
    });

    test('odd names are names', async (t) => {
      const queue = await queueOf(t);
      const names = ['__proto__', 'constructor', 'a:b', '{x}', '"', '\\', 'é👋', ' ', "']"];
      for (const name of names) await queue.enqueue(name, { avoid: names.filter((it) => it !== name) });
      assert.deepEqual(queue.matches(), []);
      assert.equal((await queue.sweep()).tickets, names.length);
      for (const name of names) assert.equal((await queue.cancel(name)).state, 'waiting');
      assert.equal((await queue.sweep()).tickets, 0);
    });
  });

  describeTicketProperties(name, create);
}

const NOTHING = { state: 'swept', stale: 0, vanished: 0, unconfirmed: 0, expired: 0, tickets: 0, more: false } as const;
