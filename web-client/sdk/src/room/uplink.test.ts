import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@parley/shared/runtime';
import { UplinkWatch } from './uplink.ts';

const settled = () => new Promise((resolve) => setImmediate(resolve));

function setUp(losses: number[]) {
  const clock = new FakeClock();
  let weak = 0;
  const sender = (index: number) =>
    ({
      track: {},
      getStats: async () => new Map([['r', { type: 'remote-inbound-rtp', fractionLost: losses[index] }]]),
    }) as unknown as RTCRtpSender;
  const watch = new UplinkWatch({
    senders: () => losses.map((_loss, index) => sender(index)),
    onWeak: () => weak++,
    clock,
  });
  const rounds = async (count: number) => {
    for (let i = 0; i < count; i++) {
      clock.advance(5_000);
      await settled();
    }
  };
  return { losses, watch, rounds, clock, weak: () => weak };
}

test('loss towards most of the others, for a while, is a weak uplink', async () => {
  const { rounds, weak } = setUp([0.2, 0.3, 0.15, 0]);
  await rounds(2);
  assert.equal(weak(), 0);
  await rounds(1);
  assert.equal(weak(), 1);
});

test('loss towards one of them is theirs, not ours', async () => {
  const { rounds, weak } = setUp([0.9, 0, 0, 0]);
  await rounds(6);
  assert.equal(weak(), 0);
});

test('a good round in between begins anew', async () => {
  const { losses, rounds, weak } = setUp([0.2, 0.2, 0.2]);
  await rounds(2);
  losses.fill(0);
  await rounds(1);
  losses.fill(0.2);
  await rounds(2);
  assert.equal(weak(), 0);
});

test('closed, it looks no more', async () => {
  const { watch, clock } = setUp([]);
  watch.close();
  assert.equal(clock.pending, 0);
});
