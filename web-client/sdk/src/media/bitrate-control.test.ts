import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock, silentLogger } from '@parley/shared/runtime';
import { BitrateControl } from './bitrate-control.ts';

/** A sender whose receiver reports what it is told to. */
class FakeSender {
  track: object | null = {};
  encodings: { maxBitrate?: number }[] = [{ maxBitrate: 32_000 }];
  report: { loss: number; at: number } | null = null;
  readonly told: number[] = [];

  async getStats() {
    const { report } = this;
    const entry = {
      type: 'remote-inbound-rtp',
      timestamp: report?.at,
      fractionLost: report?.loss,
      roundTripTime: 0.03,
    };
    return new Map(report ? [['r', entry]] : []);
  }

  getParameters() {
    return structuredClone({ encodings: this.encodings });
  }

  async setParameters({ encodings }: { encodings: { maxBitrate?: number }[] }) {
    this.encodings = encodings;
    this.told.push(encodings[0]?.maxBitrate ?? 0);
  }
}

function setUp() {
  const clock = new FakeClock();
  const state = { sender: new FakeSender() as FakeSender | undefined };
  const control = new BitrateControl({
    bounds: { min: 16_000, max: 64_000 },
    sender: () => state.sender as unknown as RTCRtpSender,
    log: silentLogger,
    clock,
  });
  const look = async () => {
    clock.advance(2_500);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { clock, state, control, look, sender: state.sender as FakeSender };
}

test('the encoder is told what the reports come to, each report counted once, and no trifles', async () => {
  const { look, sender } = setUp();
  sender.report = { loss: 0.3, at: 1 };
  for (let i = 0; i < 5; i++) await look();
  assert.deepEqual(sender.told, [27_200]);
  for (let at = 2; at < 4; at++) {
    sender.report = { loss: 0, at };
    await look();
  }
  assert.deepEqual(sender.told, [27_200], '5 % more is not worth it');
  sender.report = { loss: 0, at: 4 };
  await look();
  assert.deepEqual(sender.told, [27_200, 29_988]);
});

test('a sender that comes without a bound gets one, and a new one what the old one had', async () => {
  const { look, state, sender } = setUp();
  sender.report = { loss: 0.3, at: 100 };
  await look();
  const next = new FakeSender();
  next.encodings = [{}];
  state.sender = next;
  await look();
  assert.deepEqual(next.told, [27_200]);
  next.report = { loss: 0.3, at: 5 };
  await look();
  assert.deepEqual(next.told, [27_200, 24_000], 'its reports have times of their own');
});

test('without a sender, a track or an encoding nothing is done', async () => {
  const { look, state, sender } = setUp();
  sender.report = { loss: 0.3, at: 1 };
  sender.track = null;
  await look();
  sender.track = {};
  sender.encodings = [];
  await look();
  state.sender = undefined;
  await look();
  assert.deepEqual(sender.told, []);
});

test('closed, it looks no more', async () => {
  const { look, control, clock, sender } = setUp();
  sender.report = { loss: 0.3, at: 1 };
  control.close();
  await look();
  assert.deepEqual([sender.told, clock.pending], [[], 0]);
});
