import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ParleyError } from '@parley/shared/protocol';
import { FakeClock, silentLogger } from '@parley/shared/runtime';
import { array, check, constantFrom, nat, oneof, property, record } from 'fast-check';
import { Ladder } from './ladder.ts';

const TIMES = { connectMs: [5_000, 5_000], graceMs: 2_000, changedGraceMs: 200, restartMs: [4_000, 6_000] };

function setUp(isUp = true) {
  const clock = new FakeClock();
  const done: string[] = [];
  const refusals: ParleyError[] = [];
  const ladder = new Ladder({
    times: TIMES,
    help: () => done.push('help'),
    restart: async () => {
      done.push('restart');
      const refusal = refusals.shift();
      if (refusal) throw refusal;
    },
    renew: () => done.push('renew'),
    log: silentLogger,
    clock,
  });
  if (isUp) {
    ladder.handleState('connecting');
    ladder.handleState('connected');
  }
  return { clock, done, refusals, ladder };
}

/** What was rejected has been noticed. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('what is only disconnected may come back by itself', () => {
  const { clock, done, ladder } = setUp();
  ladder.handleState('disconnected');
  assert.equal(ladder.isSteady, false);
  clock.advance(1_999);
  ladder.handleState('connected');
  clock.advance(60_000);
  assert.deepEqual([done, ladder.rung, clock.pending], [[], 'up', 0]);
});

test('ICE is restarted after the grace, again at the deadline, and then the way is made anew', () => {
  const { clock, done, ladder } = setUp();
  ladder.handleState('disconnected');
  clock.advance(2_000);
  assert.deepEqual(done, ['restart']);
  ladder.handleState('failed');
  clock.advance(3_999);
  assert.deepEqual(done, ['restart'], 'a restart has its time, whatever state it is in');
  clock.advance(1);
  assert.deepEqual(done, ['restart', 'restart']);
  clock.advance(6_000);
  assert.deepEqual(done, ['restart', 'restart', 'renew']);
  assert.equal(clock.pending, 0);
});

test('what failed is not waited for', () => {
  const { done, ladder } = setUp();
  ladder.handleState('failed');
  assert.deepEqual(done, ['restart']);
});

test('a restart that helped is forgotten: the next time begins with all of them', () => {
  const { clock, done, ladder } = setUp();
  for (let time = 1; time <= 3; time++) {
    ladder.handleState('failed');
    clock.advance(4_000);
    ladder.handleState('connected');
    assert.equal(done.length, 2 * time);
  }
  assert.ok(!done.includes('renew'));
});

test('after a change of network there is little grace, also when it began before', () => {
  const { clock, done, ladder } = setUp();
  ladder.handleState('disconnected');
  clock.advance(1_000);
  ladder.networkChanged();
  clock.advance(200);
  assert.deepEqual(done, ['restart']);
  ladder.handleState('connected');
  ladder.handleState('disconnected');
  clock.advance(200);
  assert.deepEqual(done, ['restart', 'restart']);
  ladder.handleState('connected');
  clock.advance(10_000);
  ladder.handleState('disconnected');
  clock.advance(1_999);
  assert.equal(done.length, 2, 'a change explains nothing for ever');
});

test('a change of network restarts what is up, as a precaution, and not with each of a swarm', () => {
  const { clock, done, ladder } = setUp();
  for (let change = 0; change < 10; change++) ladder.networkChanged();
  assert.deepEqual([done, ladder.rung, clock.pending], [['restart'], 'up', 0]);
  clock.advance(5_000);
  ladder.networkChanged();
  assert.equal(done.length, 2);
});

test('a change of network gives restarts that are under way a new start', () => {
  const { clock, done, ladder } = setUp();
  ladder.handleState('failed');
  clock.advance(4_000);
  ladder.networkChanged();
  clock.advance(4_000);
  assert.deepEqual(done, ['restart', 'restart', 'restart', 'restart']);
  clock.advance(6_000);
  assert.equal(done.at(-1), 'renew');
});

test('without signaling a restart is none: it is made when signaling is back, or at the deadline', async () => {
  const { clock, done, refusals, ladder } = setUp();
  for (let i = 0; i < 3; i++) refusals.push(new ParleyError('connection_lost'));
  ladder.handleState('failed');
  for (let i = 0; i < 3; i++) {
    await settled();
    clock.advance(4_000);
  }
  assert.deepEqual(done, Array(4).fill('restart'), 'never given up for want of signaling');
  refusals.push(new ParleyError('connection_lost'));
  clock.advance(4_000);
  await settled();
  ladder.signalingResumed();
  assert.equal(done.length, 6);
  clock.advance(6_000);
  assert.equal(done.at(-1), 'renew');
});

test('a restart that is refused for good is the end of that way', async () => {
  const { clock, done, refusals, ladder } = setUp();
  refusals.push(new ParleyError('not_found'));
  ladder.handleState('failed');
  await settled();
  assert.deepEqual([done, clock.pending], [['restart', 'renew'], 0]);
});

test('what carries nothing although ICE is content is restarted once, and made anew if that does not help', () => {
  const { clock, done, ladder } = setUp();
  ladder.stalled();
  ladder.handleState('connected');
  assert.equal(ladder.isSteady, false, 'only packets count');
  ladder.flowing();
  assert.equal(ladder.rung, 'up');
  ladder.stalled();
  clock.advance(4_000);
  assert.deepEqual(done, ['restart', 'restart', 'renew']);
});

test('what does not come up at first is helped along, and given up', () => {
  const { clock, done, ladder } = setUp(false);
  clock.advance(60_000);
  assert.deepEqual(done, [], 'a transport that nothing was asked of is not late');
  ladder.begin();
  clock.advance(5_000);
  ladder.signalingResumed();
  clock.advance(5_000);
  assert.deepEqual(done, ['help', 'help', 'renew']);
  ladder.begin();
  ladder.handleState('connected');
  assert.deepEqual([ladder.rung, clock.pending], ['up', 0]);
});

test('closed, it does nothing more', () => {
  const { clock, done, ladder } = setUp();
  ladder.handleState('disconnected');
  ladder.close();
  clock.advance(60_000);
  assert.deepEqual([done, clock.pending], [[], 0]);
});

test('whatever happens, it is up, given up, or has a deadline', () => {
  const step = oneof(
    constantFrom('connecting', 'connected', 'disconnected', 'failed').map(
      (state) => (l: Ladder) => l.handleState(state as RTCPeerConnectionState),
    ),
    constantFrom('networkChanged', 'stalled', 'flowing', 'signalingResumed', 'begin').map(
      (name) => (l: Ladder) => l[name as 'begin'](),
    ),
  );
  const steps = array(record({ step, ms: nat(8_000) }), { maxLength: 40 });
  const result = check(
    property(steps, (all) => {
      const { clock, ladder } = setUp();
      for (const { step: act, ms } of all) {
        act(ladder);
        clock.advance(ms);
        const isAtRest = ladder.rung === 'up' || ladder.rung === 'given-up' || ladder.rung === 'new';
        assert.equal(clock.pending, isAtRest ? 0 : 1, ladder.rung);
      }
      clock.advance(60_000);
      assert.ok(ladder.rung === 'up' || ladder.rung === 'given-up', ladder.rung);
    }),
    { seed: 4, numRuns: 300 },
  );
  assert.equal(result.failed, false, JSON.stringify(result.errorInstance ?? ''));
});
