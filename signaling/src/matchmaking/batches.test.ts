import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ParleyError } from '@parley/shared/protocol';
import { FakeClock } from '@parley/shared/runtime';
import type { Applied, TicketOperation } from '../store/ticket-store.ts';
import { Batches } from './batches.ts';

const operation = (index: number): TicketOperation => ({ op: 'avoid', userId: String(index), other: 'x' });
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** A store that answers when it is told to, each call with what it was asked. */
function setUp() {
  const calls: { users: string[]; answer: (error?: Error) => void }[] = [];
  const heard: string[] = [];
  const store = {
    modes: async () => [],
    apply: (_mode: string, operations: readonly TicketOperation[]) =>
      new Promise<Applied>((resolve, reject) => {
        const users = operations.map((it) => ('userId' in it ? it.userId : ''));
        const named = { userId: users[0] ?? '', ticketId: 't', sessionId: 's', nodeId: 'n' };
        const notices = [{ ...named, type: 'requeued' as const }];
        const standings = users.map((user) => ({ state: 'waiting' as const, since: Number(user) }));
        calls.push({ users, answer: (error) => (error ? reject(error) : resolve({ standings, notices })) });
      }),
  };
  const onNotices = (notices: readonly { userId: string }[]) => void heard.push(`told ${notices[0]?.userId}`);
  return { batches: new Batches({ store, clock: new FakeClock(), onNotices }), calls, heard };
}

test('what is asked together goes together, in order, and what comes meanwhile goes next', async () => {
  const { batches, calls, heard } = setUp();
  const asked = [0, 1].map((index) =>
    batches.ask('talk', operation(index)).then(() => heard.push(`answered ${index}`)),
  );
  await settle();
  asked.push(batches.ask('talk', operation(2)).then(() => heard.push('answered 2')));
  void batches.ask('play', operation(9));
  await settle();
  assert.deepEqual(
    calls.map(({ users }) => users),
    [['0', '1'], ['9']],
  );
  calls[0]?.answer();
  await settle();
  assert.deepEqual(calls[2]?.users, ['2']);
  calls[2]?.answer();
  await Promise.all(asked);
  assert.deepEqual(heard, ['told 0', 'answered 0', 'answered 1', 'told 2', 'answered 2']);
});

test('when much is asked two calls are on their way, and no more', async () => {
  const { batches, calls } = setUp();
  const asked = Array.from({ length: 1_000 }, (_, index) => batches.ask('talk', operation(index)));
  await settle();
  assert.deepEqual(
    calls.map(({ users }) => users.length),
    [256, 256],
  );
  for (let next = 0; next < calls.length; next++) {
    calls[next]?.answer();
    await settle();
  }
  const since = (await Promise.all(asked)).map((standing) => standing.state === 'waiting' && standing.since);
  assert.deepEqual(since, [...Array(1_000).keys()]);
});

test('a call that fails fails those of it and nobody else; beyond a bound one is turned away', async () => {
  const { batches, calls } = setUp();
  const failed = batches.ask('talk', operation(0));
  await settle();
  const later = batches.ask('talk', operation(1));
  calls[0]?.answer(new ParleyError('store_unavailable'));
  await assert.rejects(failed, { code: 'store_unavailable' });
  await settle();
  calls[1]?.answer();
  assert.equal((await later).state, 'waiting');
  const many = Array.from({ length: 20_001 }, (_, index) => batches.ask('talk', operation(index)));
  await assert.rejects(many.at(-1) ?? assert.fail(), { code: 'server_full', retryAfterMs: 1_000 });
});
