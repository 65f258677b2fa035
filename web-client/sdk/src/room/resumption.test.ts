import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type JoinResult, ParleyError } from '@parley/shared/protocol';
import { FakeClock } from '@parley/shared/runtime';
import { Resumption } from './resumption.ts';

const settled = () => new Promise((resolve) => setImmediate(resolve));

function setUp(answers: (JoinResult | Error | Promise<JoinResult>)[]) {
  const clock = new FakeClock();
  const seen: string[] = [];
  let connected = true;
  const resumption = new Resumption({
    resume: async () => {
      seen.push('asked');
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return answer as JoinResult;
    },
    rejoin: async () => {
      seen.push('joins');
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return answer as JoinResult;
    },
    onResumed: ({ selfId }) => seen.push(`resumed ${selfId}`),
    onRejected: ({ code }) => seen.push(`rejected ${code}`),
    isConnected: () => connected,
    clock,
  });
  return { clock, seen, resumption, goOffline: () => (connected = false) };
}

const joined = (selfId: string) => ({ selfId }) as JoinResult;

test('what may be retried is retried, later', async () => {
  const { clock, seen, resumption } = setUp([new ParleyError('timeout'), joined('me')]);
  resumption.start();
  await settled();
  assert.deepEqual(seen, ['asked']);
  clock.advance(300);
  await settled();
  assert.deepEqual(seen, ['asked', 'asked', 'resumed me']);
  assert.equal(clock.pending, 0);
});

test('a server that asks for more time gets it', async () => {
  const busy = new ParleyError('rate_limited', undefined, { retryAfterMs: 5_000 });
  const { clock, seen, resumption } = setUp([busy, joined('me')]);
  resumption.start();
  await settled();
  clock.advance(4_999);
  assert.deepEqual(seen, ['asked']);
  clock.advance(1);
  await settled();
  assert.deepEqual(seen, ['asked', 'asked', 'resumed me']);
});

test('a rejection ends it', async () => {
  const { clock, seen, resumption } = setUp([new ParleyError('banned')]);
  resumption.start();
  await settled();
  assert.deepEqual(seen, ['asked', 'rejected banned']);
  assert.equal(clock.pending, 0);
});

test('who was away for too long joins anew, as often as it takes', async () => {
  const forgotten = () => new ParleyError('resume_rejected');
  const { clock, seen, resumption } = setUp([forgotten(), new ParleyError('timeout'), forgotten(), joined('another')]);
  resumption.start();
  await settled();
  assert.deepEqual(seen, ['asked', 'joins']);
  clock.advance(300);
  await settled();
  assert.deepEqual(seen, ['asked', 'joins', 'asked', 'joins', 'resumed another']);
});

test('and who may not any more is told so', async () => {
  const { seen, resumption } = setUp([new ParleyError('not_in_room'), new ParleyError('room_locked')]);
  resumption.start();
  await settled();
  assert.deepEqual(seen, ['asked', 'joins']);
  const final = setUp([new ParleyError('not_in_room'), new ParleyError('banned')]);
  final.resumption.start();
  await settled();
  assert.deepEqual(final.seen, ['asked', 'joins', 'rejected banned']);
});

test('on the way to another node nobody joins anew: an ordinary reconnect does', async () => {
  const { seen, resumption } = setUp([new ParleyError('resume_rejected')]);
  await resumption.transfer();
  assert.deepEqual(seen, ['asked', 'rejected resume_rejected']);
});

test('offline nothing is retried; the next socket starts anew', async () => {
  const { clock, seen, resumption, goOffline } = setUp([new ParleyError('connection_lost'), joined('me')]);
  goOffline();
  resumption.start();
  await settled();
  clock.advance(10_000);
  assert.deepEqual(seen, ['asked']);
  resumption.start();
  await settled();
  assert.deepEqual(seen, ['asked', 'asked', 'resumed me']);
});

test('what an earlier socket answers late is ignored', async () => {
  let answer: (result: JoinResult) => void = () => {};
  const late = new Promise<JoinResult>((resolve) => {
    answer = resolve;
  });
  const { seen, resumption } = setUp([late, joined('second')]);
  resumption.start();
  resumption.start();
  await settled();
  answer(joined('first'));
  await settled();
  assert.deepEqual(seen, ['asked', 'asked', 'resumed second']);
});
