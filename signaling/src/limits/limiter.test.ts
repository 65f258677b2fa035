import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Limiter, TooMany } from './limiter.ts';

const rate = { name: 'test', points: 2, seconds: 10 };

test('what is too much is refused until the window ends, with how long that is', async (t) => {
  t.mock.timers.enable({ apis: ['Date', 'setTimeout'], now: 1_000_000 });
  for (const limiter of [Limiter.local(rate), Limiter.shared(rate, undefined)]) {
    assert.equal(await limiter.consume('ann'), 1);
    assert.equal(await limiter.consume('ann'), 2);
    t.mock.timers.tick(4_000);
    await assert.rejects(limiter.consume('ann'), (error) => {
      assert.ok(error instanceof TooMany);
      assert.deepEqual([error.code, error.retryAfterMs, error.count], ['rate_limited', 6_000, 3]);
      return true;
    });
    assert.equal(await limiter.consume('ben'), 1);
    t.mock.timers.tick(6_000);
    assert.equal(await limiter.consume('ann'), 1);
  }
});

test('a key that has ended is forgotten', async () => {
  const limiter = Limiter.local(rate);
  await limiter.consume('ann');
  await limiter.consume('ann');
  limiter.forget('ann');
  assert.equal(await limiter.consume('ann'), 1);
});
