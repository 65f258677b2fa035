import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ParleyError, type RequestOutput } from '@parley/shared/protocol';
import { FakeClock, silentLogger } from '@parley/shared/runtime';
import { Watch } from './watch.ts';

type Answer = RequestOutput<'presence:watch'> | Error;

const ann = (...rooms: string[]) => ({ userId: 'ann', rooms });
const ben = { userId: 'ben', rooms: [] };
const answer = (seq: number, users: { userId: string; rooms: string[] }[], watchId = '1') => ({
  watchId,
  seq,
  users,
  total: users.length,
});
const settled = () => new Promise((resolve) => setImmediate(resolve));

function setUp(...answers: Answer[]) {
  const clock = new FakeClock();
  const seen: string[] = [];
  const state = { connected: true };
  const watch = new Watch({
    begin: async () => {
      seen.push('asked');
      const next = answers.shift() ?? new ParleyError('timeout');
      if (next instanceof Error) throw next;
      return next;
    },
    end: (watchId) => seen.push(`ended ${watchId}`),
    isConnected: () => state.connected,
    onClosed: () => seen.push('closed'),
    clock,
    log: silentLogger,
  });
  watch.on('changed', ({ online, offline }) => seen.push(`+${online.map(({ userId }) => userId)} -${offline}`));
  return { clock, seen, state, watch };
}

const changed = (seq: number, online: { userId: string; rooms: string[] }[], offline: string[], total: number) => ({
  watchId: '1',
  seq,
  online,
  offline,
  total,
});

test('a snapshot, and then what changes', async () => {
  const { watch, seen } = setUp(answer(4, [ann('lobby')]));
  await watch.begin();
  assert.deepEqual([...watch.users.values()], [ann('lobby')]);
  watch.handleChanged(changed(5, [ann('attic'), ben], [], 2));
  watch.handleChanged(changed(6, [], ['ann', 'nobody'], 1));
  watch.handleChanged(changed(6, [ann()], [], 2));
  assert.deepEqual([...watch.users.values()], [ben]);
  assert.equal(watch.total, 1);
  assert.deepEqual(seen, ['asked', '+ann -', '+ann,ben -', '+ -ann']);
});

test('what is told again is no change', async () => {
  const { watch, seen } = setUp(answer(0, [ann('lobby')]));
  await watch.begin();
  watch.handleChanged(changed(1, [ann('lobby')], [], 1));
  assert.deepEqual(seen, ['asked', '+ann -']);
});

test('after a gap it is watched anew, and the difference told', async () => {
  const { watch, seen } = setUp(answer(0, [ann(), ben]), answer(9, [ann('lobby')]));
  await watch.begin();
  watch.handleChanged(changed(3, [], [], 2));
  await settled();
  assert.deepEqual(seen, ['asked', '+ann,ben -', 'asked', '+ann -ben']);
  watch.handleChanged(changed(10, [ben], [], 2));
  assert.equal(watch.users.size, 2);
});

test('what may be had later is asked for later; offline, not before the next connection', async () => {
  const { watch, seen, clock, state } = setUp(
    answer(0, [ann()]),
    new ParleyError('timeout'),
    new ParleyError('rate_limited', undefined, { retryAfterMs: 5_000 }),
    new ParleyError('connection_lost'),
    answer(0, [ann()], '2'),
  );
  await watch.begin();
  const asked = () => seen.filter((it) => it === 'asked').length;
  void watch.renew();
  await settled();
  clock.advance(500);
  await settled();
  assert.equal(asked(), 3);
  clock.advance(4_999);
  assert.equal(asked(), 3);
  state.connected = false;
  clock.advance(1);
  await settled();
  clock.advance(60_000);
  assert.equal(asked(), 4);
  await watch.renew();
  assert.deepEqual([asked(), watch.watchId, watch.users.size], [5, '2', 1]);
});

test('a watch that is refused for good has ended', async () => {
  const { watch, seen } = setUp(answer(0, [ann()]), new ParleyError('not_allowed'));
  await watch.begin();
  watch.on('closed', ({ code }) => seen.push(code));
  await watch.renew();
  assert.deepEqual(seen.slice(2), ['asked', 'closed', 'not_allowed']);
});

test('closed, it is given up at the server, once, and says nothing more', async () => {
  const { watch, seen, clock } = setUp(answer(0, [ann()]));
  await watch.begin();
  watch.close();
  watch.close();
  watch.handleChanged(changed(1, [ben], [], 2));
  assert.deepEqual(seen, ['asked', '+ann -', 'closed', 'ended 1']);
  assert.equal(clock.pending, 0);
});

test('closed while it is asked for, it is given up when the answer comes', async () => {
  const { watch, seen } = setUp(answer(0, [ann()]));
  const begun = watch.begin();
  watch.close();
  await begun;
  assert.deepEqual(seen, ['asked', 'closed', 'ended 1']);
});
