import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ParleyError } from '@parley/shared/protocol';
import { FakeClock } from '@parley/shared/runtime';
import { MemoryUserStore } from '../store/memory/user-store.ts';
import type { Claim, Held, Holder, Reassertion, UserStore } from '../store/user-store.ts';
import { TestWire, testNode } from './testing/node.ts';
import { guest, type User } from './user.ts';

const clockAt = 1_700_000_000_000;

/** Common to all nodes, like Redis: it may be out of reach, or lose all it knows. */
class Store implements UserStore {
  inner: MemoryUserStore;
  isUp = true;
  readonly #clock: FakeClock;

  constructor(clock: FakeClock) {
    this.#clock = clock;
    this.inner = new MemoryUserStore(clock);
  }

  flush(): void {
    this.inner = new MemoryUserStore(this.#clock);
  }
  claim(userId: string, holder: Holder): Promise<Claim> {
    return this.#reach().claim(userId, holder);
  }
  async reassert(userId: string, held: Held): Promise<Reassertion> {
    return this.#reach().reassert(userId, held);
  }
  async find(userId: string): Promise<Held | null> {
    return this.#reach().find(userId);
  }
  async release(userId: string, sessionId: string): Promise<boolean> {
    return this.#reach().release(userId, sessionId);
  }
  #reach(): MemoryUserStore {
    if (!this.isUp) throw new ParleyError('store_unavailable');
    return this.inner;
  }
}

function setUp(verify?: (token: string) => Promise<User>) {
  const clock = new FakeClock(clockAt);
  const users = new Store(clock);
  const wire = new TestWire();
  const node = (nodeId: string) => testNode({ nodeId, users, wire, clock, ...(verify ? { verify } : {}) });
  return { clock, users, wire, one: node('one'), two: node('two') };
}

const user = (id: string, changes: Partial<User> = {}): User => ({ ...guest('x'), id, kind: 'token', ...changes });
const ann = user('ann');
/** Lets what was promised happen. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('one connection per user', () => {
  test('the newest wins, the older is told why and leaves its rooms, on its own node and on others', async () => {
    for (const elsewhere of [false, true]) {
      const { users, wire, one, two } = setUp();
      const older = await one.connect('a', ann, undefined, ['lobby', 'den']);
      const newer = await (elsewhere ? two : one).connect('b', ann);
      wire.deliver();
      assert.deepEqual(older.told, ['session:welcome', 'session:closed replaced', 'gone']);
      assert.deepEqual(one.asked, ['leave lobby', 'leave den']);
      assert.deepEqual(newer.told, ['session:welcome']);
      await settle();
      assert.equal((await users.find('ann'))?.sessionId, 'b', 'the older one has not released the newer one’s place');
      assert.equal((elsewhere ? two : one).sessions.of('ann'), newer);
    }
  });

  test('another user is not touched', async () => {
    const { one, two, wire } = setUp();
    const bob = await one.connect('a', user('bob'));
    await two.connect('b', ann);
    wire.deliver();
    assert.deepEqual(bob.told, ['session:welcome']);
  });

  test('a late message never ends the newer connection', async () => {
    const { clock, wire, one, two } = setUp();
    await one.connect('a', ann);
    await two.connect('b', ann);
    const [late] = wire.waiting;
    assert.ok(late?.message.type === 'sessionFence');
    wire.deliver();
    clock.advance(5);
    const newest = await one.connect('c', ann);
    wire.deliver();
    // As if the message had named the newest one: a session with a higher epoch is not fenced by a lower.
    wire.waiting.push({ ...late, message: { ...late.message, sessionId: 'c' } }, late);
    wire.deliver();
    assert.deepEqual(newest.told, ['session:welcome']);
  });

  test('a client that reconnects keeps its rooms; the old connection goes without a word', async () => {
    const { clock, wire, one, two } = setUp();
    const older = await one.connect('a', ann, 'same', ['lobby']);
    const newer = await two.connect('b', ann, 'same');
    wire.deliver();
    assert.deepEqual(older.told, ['session:welcome'], 'rooms move over first');
    clock.advance(10_000);
    assert.deepEqual(older.told, ['session:welcome', 'gone']);
    assert.deepEqual(one.asked, ['disconnect lobby']);
    assert.deepEqual(newer.told, ['session:welcome']);
  });

  test('rooms of a connection that dropped end at once when another client of the user comes', async () => {
    const { clock, users, wire, one, two } = setUp();
    const dropped = await one.connect('a', ann, 'old', ['lobby']);
    dropped.drop();
    assert.deepEqual(one.asked, ['disconnect lobby']);
    await two.connect('b', ann, 'new');
    wire.deliver();
    assert.deepEqual(one.asked, ['disconnect lobby', 'leave lobby']);
    clock.advance(60_000);
    await settle();
    assert.equal((await users.find('ann'))?.sessionId, 'b');
    assert.equal(one.sessions.departed, 0);
  });

  test('rooms of a connection that dropped are kept for the client itself', async () => {
    const { wire, one, two } = setUp();
    (await one.connect('a', ann, 'same', ['lobby'])).drop();
    await two.connect('b', ann, 'same');
    wire.deliver();
    assert.deepEqual(one.asked, ['disconnect lobby']);
  });

  test('whoever has gone for good holds no place', async () => {
    const { clock, users, one } = setUp();
    (await one.connect('a', ann)).drop();
    (await one.connect('b', user('bob'), undefined, ['lobby'])).drop();
    await settle();
    assert.equal(await users.find('ann'), null);
    assert.equal((await users.find('bob'))?.sessionId, 'b', 'kept for the resume window');
    clock.advance(30_000);
    await settle();
    assert.equal(await users.find('bob'), null);
    assert.deepEqual([one.sessions.size, one.sessions.departed], [0, 0]);
  });
});

describe('a store that is away', () => {
  test('turns nobody away, and learns of everyone when it is back', async () => {
    const { users, one } = setUp();
    users.isUp = false;
    const session = await one.connect('a', ann);
    assert.deepEqual(session.told, ['session:welcome']);
    await one.sessions.reassert();
    users.isUp = true;
    assert.equal(await users.find('ann'), null);
    await one.sessions.reassert();
    assert.equal((await users.find('ann'))?.sessionId, 'a');
  });

  test('that let two in at two nodes ends the older, whichever tells first', async () => {
    for (const first of ['one', 'two'] as const) {
      const { clock, users, wire, one, two } = setUp();
      users.isUp = false;
      const older = await one.connect('a', ann);
      clock.advance(1);
      const newer = await two.connect('b', ann);
      users.isUp = true;
      const order = first === 'one' ? [one, two] : [two, one];
      for (const { sessions } of order) await sessions.reassert();
      wire.deliver();
      assert.deepEqual(older.told, ['session:welcome', 'session:closed replaced', 'gone'], first);
      assert.deepEqual(newer.told, ['session:welcome'], first);
      assert.equal((await users.find('ann'))?.sessionId, 'b');
    }
  });

  test('that forgot everything is told again by itself', async () => {
    const { clock, users, one } = setUp();
    await one.connect('a', ann);
    users.flush();
    clock.advance(20_000);
    await settle();
    assert.equal((await users.find('ann'))?.sessionId, 'a');
  });

  test('that forgot everything lets nobody older win', async () => {
    const { clock, users, wire, one, two } = setUp();
    const older = await one.connect('a', ann);
    clock.advance(1_000);
    users.flush();
    await two.connect('b', ann);
    await one.sessions.reassert();
    wire.deliver();
    assert.deepEqual(older.told.slice(1), ['session:closed replaced', 'gone']);
  });
});

describe('expiry', () => {
  const until = (ms: number, changes: Partial<User> = {}) => user('ann', { expiresAt: clockAt + ms, ...changes });

  test('is announced, then enforced: the session ends and its rooms are left', async () => {
    const { clock, one } = setUp();
    const session = await one.connect('a', until(600_000), undefined, ['lobby']);
    clock.advance(540_000);
    assert.deepEqual(session.told, ['session:welcome', 'session:expiring']);
    clock.advance(60_000);
    assert.deepEqual(session.told.slice(2), ['session:closed token_expired', 'gone']);
    assert.deepEqual(one.asked, ['leave lobby']);
  });

  test('a newer token goes on, with its grants in every room, and without those it does not open', async () => {
    const renewed = until(1_200_000, { room: 'lobby', name: 'Ann' });
    const { clock, one } = setUp(async () => renewed);
    const session = await one.connect('a', until(600_000), undefined, ['lobby', 'den']);
    clock.advance(540_000);
    const { name, grants, expiresAt } = await one.sessions.refresh('a', 'token');
    assert.deepEqual([name, expiresAt], ['Ann', clockAt + 1_200_000]);
    assert.equal(grants.speak, true);
    assert.deepEqual(new Set(one.asked), new Set(['leave den', 'renew lobby']));
    assert.ok(session.told.includes('room:closed den not_allowed'));
    clock.advance(600_000);
    assert.ok(session.isOpen);
    assert.equal(session.told.filter((it) => it === 'session:expiring').length, 2);
    clock.advance(60_000);
    assert.ok(!session.isOpen);
  });

  test('nobody else’s token will do, nor one of another kind', async () => {
    for (const other of [user('bob'), user('ann', { kind: 'supabase' })]) {
      const { clock, one } = setUp(async () => other);
      const session = await one.connect('a', until(600_000));
      const isRefused = (error: unknown) => error instanceof ParleyError && error.code === 'unauthorized';
      await assert.rejects(one.sessions.refresh('a', 'token'), isRefused);
      clock.advance(600_000);
      assert.ok(!session.isOpen, 'the old token’s end stands');
    }
  });

  test('a session that is over is not renewed', async () => {
    let answer = (_: User) => {};
    const { clock, one } = setUp(() => new Promise((resolve) => (answer = resolve)));
    await one.connect('a', until(600_000));
    const refreshing = one.sessions.refresh('a', 'token');
    clock.advance(600_000);
    answer(until(1_200_000));
    await assert.rejects(refreshing, { code: 'connection_lost' });
    assert.equal(one.sessions.size, 0);
  });
});

test('nothing is left of connections that have come and gone', async () => {
  const { clock, users, wire, one, two } = setUp();
  for (let i = 0; i < 50; i++) {
    const node = i % 2 === 0 ? one : two;
    const session = await node.connect(`s${i}`, ann, `instance-${i % 3}`, i % 4 === 0 ? ['lobby'] : []);
    wire.deliver();
    if (i % 5 === 0) session.drop();
    clock.advance(1_000);
  }
  clock.advance(60_000);
  for (const { sessions } of [one, two]) sessions.end('ann', 'banned');
  clock.advance(60_000);
  await settle();
  assert.deepEqual([one.sessions.size, one.sessions.departed, two.sessions.size, two.sessions.departed], [0, 0, 0, 0]);
  assert.equal(await users.find('ann'), null);
  for (const { sessions } of [one, two]) sessions.close();
  assert.equal(clock.pending, 0);
});
