import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ParleyError } from '@parley/shared/protocol';
import { FakeClock, silentLogger } from '@parley/shared/runtime';
import { SelfAnnouncer } from './self-announcer.ts';

/** An announcer whose server answers with what `answers` holds, oldest first; then with success. */
function announcerOf(...answers: Error[]) {
  const clock = new FakeClock();
  const told: number[] = [];
  const tell = async () => {
    told.push(clock.now());
    const answer = answers.shift();
    if (answer) throw answer;
  };
  return { clock, told, announcer: new SelfAnnouncer(tell, silentLogger, clock) };
}

/** Lets promises that are settled take their course. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

test('what cannot be told now is told again until it has been', async () => {
  const { clock, told, announcer } = announcerOf(
    new ParleyError('store_unavailable'),
    new ParleyError('store_unavailable'),
  );
  const begun = clock.now();
  announcer.changed();
  await turn();
  for (let i = 0; i < 5; i++) {
    clock.advance(1_000);
    await turn();
  }
  assert.deepEqual(
    told.map((at) => at - begun),
    [0, 1_000, 2_000],
  );
});

test('what is refused for good, and what a closed room has not said, is not told again', async () => {
  const refused = announcerOf(new ParleyError('not_allowed'));
  refused.announcer.changed();
  const closed = announcerOf(new ParleyError('store_unavailable'));
  closed.announcer.changed();
  await turn();
  closed.announcer.close();
  for (const { clock } of [refused, closed]) clock.advance(10_000);
  await turn();
  assert.equal(refused.told.length, 1);
  assert.equal(closed.told.length, 1);
});
