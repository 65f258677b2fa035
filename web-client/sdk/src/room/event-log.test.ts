import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RoomEvent, RoomSnapshot } from '@parley/shared/protocol';
import { FakeClock, silentLogger } from '@parley/shared/runtime';
import { EventLog } from './event-log.ts';

const event = (id: string): RoomEvent => ({ type: 'participantLeft', participantId: id, reason: 'left' });
const snapshot = (seq: number) => ({ seq }) as RoomSnapshot;

function setUp(answers: (RoomSnapshot | Error)[] = []) {
  const applied: string[] = [];
  const clock = new FakeClock();
  let asked = 0;
  const log = new EventLog(5, {
    fetchSnapshot: async () => {
      asked++;
      const answer = answers.shift() ?? new Error('no more answers');
      if (answer instanceof Error) throw answer;
      return answer;
    },
    applySnapshot: ({ seq }) => applied.push(`snapshot ${seq}`),
    applyEvent: (e) => applied.push(e.type === 'participantLeft' ? e.participantId : e.type),
    log: silentLogger,
    clock,
  });
  return { log, applied, clock, asked: () => asked };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('the next event is applied, a past one ignored', () => {
  const { log, applied } = setUp();
  log.receive(6, event('a'));
  log.receive(6, event('again'));
  log.receive(3, event('old'));
  log.receive(7, event('b'));
  assert.deepEqual(applied, ['a', 'b']);
});

test('a gap asks for one snapshot; what came meanwhile follows it in order', async () => {
  const { log, applied, asked } = setUp([snapshot(8)]);
  log.receive(10, event('ten'));
  log.receive(9, event('nine'));
  log.receive(8, event('eight'));
  await settled();
  assert.equal(asked(), 1);
  assert.deepEqual(applied, ['snapshot 8', 'nine', 'ten']);
});

test('a snapshot that fails is asked for again, later', async () => {
  const { log, applied, clock, asked } = setUp([new Error('lost'), snapshot(9)]);
  log.receive(9, event('nine'));
  await settled();
  assert.deepEqual(applied, []);
  clock.advance(1_000);
  await settled();
  assert.equal(asked(), 2);
  assert.deepEqual(applied, ['snapshot 9']);
});

test('after a restart numbers may begin anew', () => {
  const { log, applied } = setUp();
  log.reset(snapshot(1));
  log.receive(2, event('a'));
  assert.deepEqual(applied, ['snapshot 1', 'a']);
});

test('a closed log does nothing, and leaves no timer', async () => {
  const { log, applied, clock } = setUp([new Error('lost')]);
  log.receive(9, event('nine'));
  await settled();
  log.close();
  log.receive(6, event('six'));
  assert.deepEqual(applied, []);
  assert.equal(clock.pending, 0);
});
