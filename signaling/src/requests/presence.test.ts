import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@parley/shared/runtime';
import { SESSION_SECRET, TestServer } from '../testing/server.ts';
import { until } from '../testing/until.ts';
import { SessionTokens } from '../tokens/session-tokens.ts';

test('who watches everyone sees people come, enter and leave rooms, drop, and go', async (t) => {
  const clock = new FakeClock(Date.now());
  const server = await TestServer.start(t, { clock });
  const watcher = await server.connect(t);
  clock.advance(1_000);
  const { watchId, seq, users, total } = await watcher.request('presence:watch', {});
  assert.deepEqual(
    { watchId, users: users.map(({ rooms }) => rooms), total },
    {
      watchId: 'everyone',
      users: [[]],
      total: 1,
    },
  );
  const next = async () => {
    const before = watcher.presence.length;
    await until('a change', () => {
      clock.advance(500);
      return watcher.presence.length > before;
    });
    return watcher.presence[before] ?? assert.fail();
  };
  const ann = await server.connect(t);
  const came = await next();
  assert.deepEqual([came.seq, came.online.length, came.total], [seq + 1, 1, 2]);
  const userId = came.online[0]?.userId ?? '';
  await ann.join('lobby', 'Ann');
  assert.deepEqual((await next()).online, [{ userId, rooms: ['lobby'] }]);
  const pass = new SessionTokens({ secret: SESSION_SECRET, clock, lifetimeMs: 1_000 }).issuePass('match:x7', userId);
  const hidden = { roomId: 'match:x7', name: 'Ann', muted: false, deafened: false, joinId: 'join-hidden', pass };
  await ann.request('room:join', hidden);
  await ann.join('attic', 'Ann');
  assert.deepEqual((await next()).online, [{ userId, rooms: ['attic', 'lobby'] }]);
  await ann.request('room:leave', { roomId: 'lobby' });
  assert.deepEqual((await next()).online, [{ userId, rooms: ['attic'] }]);
  ann.cut();
  await until('the server to notice', async () => (await server.metric('parley_connections')) === 1);
  clock.advance(9_000);
  assert.equal(await server.metric('parley_presence_users'), 2);
  const gone = await next();
  assert.deepEqual([gone.online, gone.offline, gone.total], [[], [userId], 1]);
});

test('who says goodbye is gone at once; who no longer watches hears nothing', async (t) => {
  const clock = new FakeClock(Date.now());
  const server = await TestServer.start(t, { clock });
  const [ann, ben, cal] = await Promise.all([1, 2, 3].map(() => server.connect(t)));
  assert.ok(ann && ben && cal);
  clock.advance(1_000);
  const { watchId, users } = await ann.request('presence:watch', {});
  assert.equal(users.length, 3);
  const some = await ben.request('presence:watch', { userIds: users.map(({ userId }) => userId) });
  assert.equal(some.total, 3);
  await ann.request('presence:unwatch', { watchId });
  cal.close();
  await until('the others to be two', () => {
    clock.advance(500);
    return ben.presence.some(({ total, offline }) => total === 2 && offline.length === 1);
  });
  assert.deepEqual(ann.presence, []);
  assert.equal(await server.metric('parley_presence_watches'), 1);
});

test('where presence is off nobody is watched', async (t) => {
  const server = await TestServer.start(t, { env: { PRESENCE: 'off' } });
  const ann = await server.member(t, 'Ann');
  assert.equal(await ann.refusal('presence:watch', {}), 'not_allowed');
  await ann.request('presence:unwatch', { watchId: 'everyone' });
  assert.equal(await server.metric('parley_presence_users'), 0);
});
