import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Carrier, VoiceSource } from '../media/voice-source.ts';
import { Speaker } from './speaker.ts';
import { FakeSound } from './testing.ts';

const DIRECT = { epoch: 2, carrier: 'direct' } as const;
const SLOTS = { epoch: 2, carrier: 'slots' } as const;

function sourceOf({ epoch, carrier }: { epoch: number; carrier: Carrier }) {
  const source = { epoch, carrier, participantId: 'ann', kind: 'sfu', receiver: null, flowingMs: 0, lastFrameAt: 0 };
  return Object.assign(source, {
    firstFrameAt: 0,
    sounding: false,
    poll: () => {},
    levelNow: () => 0,
  }) as VoiceSource & {
    flowingMs: number;
    firstFrameAt: number;
    lastFrameAt: number;
  };
}

function setUp() {
  const speaker = new Speaker('ann', 0.5);
  const add = (way: { epoch: number; carrier: Carrier }) => {
    const [source, sound] = [sourceOf(way), new FakeSound()];
    speaker.add(source, sound);
    return { source, sound };
  };
  return { speaker, add };
}

test('a speaker moves from a stream of their own to the slots, and back, once frames have come there', () => {
  const { speaker, add } = setUp();
  const direct = add(DIRECT);
  assert.ok(speaker.isOn(DIRECT));
  assert.equal(direct.sound.gain, 0.5);
  const slots = add(SLOTS);
  assert.equal(speaker.follow(SLOTS), false);
  assert.deepEqual([direct.sound.gain, slots.sound.gain], [0.5, 0]);
  slots.source.flowingMs = 100;
  assert.ok(speaker.follow(SLOTS));
  assert.deepEqual([direct.sound.gain, slots.sound.gain, slots.sound.fadeMs], [0, 0.5, 15]);
  speaker.setGain(0.2);
  assert.deepEqual([direct.sound.gain, slots.sound.gain], [0, 0.2]);
  direct.source.flowingMs = 100;
  assert.ok(speaker.follow(DIRECT));
  assert.deepEqual([direct.sound.gain, slots.sound.gain], [0.2, 0]);
});

test('where nothing comes the old way any more, the first frame on the new one is enough', () => {
  const { speaker, add } = setUp();
  const direct = add(DIRECT);
  const { source } = add({ epoch: 4, carrier: 'direct' });
  direct.source.lastFrameAt = 1_000;
  Object.assign(source, { firstFrameAt: 1_400, lastFrameAt: 1_400 });
  assert.equal(speaker.follow(source), false, 'whoever is silent sends as rarely');
  Object.assign(source, { firstFrameAt: 1_500, lastFrameAt: 1_500 });
  assert.ok(speaker.follow(source));
});

test('when what is heard goes, another way is heard at once', () => {
  const { speaker, add } = setUp();
  const mesh = add({ epoch: 1, carrier: 'direct' });
  const slots = add(SLOTS);
  speaker.removeWay({ epoch: 1, carrier: 'slots' });
  assert.ok(!mesh.sound.closed);
  speaker.removeWay({ epoch: 1, carrier: 'direct' });
  assert.ok(mesh.sound.closed);
  assert.ok(speaker.isOn(SLOTS));
  assert.equal(slots.sound.gain, 0.5);
  speaker.remove(slots.source);
  assert.equal(speaker.source, null);
});

test('a source that comes the same way takes the place of the one before, as loud', () => {
  const { speaker, add } = setUp();
  const first = add(DIRECT);
  const second = add(DIRECT);
  assert.ok(first.sound.closed);
  assert.equal(second.sound.gain, 0.5);
  speaker.remove(first.source);
  assert.ok(!second.sound.closed, 'it is not the one that went');
});

test('who has no source yet has no silence to speak of', async () => {
  const { speaker, add } = setUp();
  speaker.startMeasuring();
  const { source } = add(SLOTS);
  Object.assign(source, { sounding: true });
  speaker.levelNow();
  assert.equal(await speaker.silenceMs(), 0);
});

test('the browser is asked for figures while a move is measured, and neither before nor after', async () => {
  const { speaker, add } = setUp();
  let asked = 0;
  const getStats = async () => {
    asked++;
    return new Map();
  };
  const receiver = { getStats } as unknown as RTCRtpReceiver;
  for (const way of [DIRECT, SLOTS]) Object.assign(add(way).source, { receiver, flowingMs: 100, sounding: true });
  const move = () => assert.ok(speaker.follow(SLOTS) && speaker.follow(DIRECT));
  move();
  assert.equal(asked, 0);
  speaker.startMeasuring();
  move();
  await speaker.silenceMs();
  const measured = asked;
  assert.ok(measured > 0);
  move();
  speaker.startMeasuring();
  speaker.stopMeasuring();
  move();
  assert.equal(asked, measured + 1);
  assert.equal(await speaker.silenceMs(), null);
});

test('what is not heard of a closed microphone is no silence, and counts again once they are heard', async () => {
  const { speaker, add } = setUp();
  let concealedMs = 0;
  const getStats = async () => {
    const report = { type: 'inbound-rtp', silentConcealedSamples: concealedMs * 48 };
    return new Map([['audio', { ...report, totalSamplesReceived: 48_000, totalSamplesDuration: 1 }]]);
  };
  const { source } = add(DIRECT);
  let level = 0.1;
  Object.assign(source, { receiver: { getStats }, sounding: true, levelNow: () => level });
  /** Packets cease for so long; what the browser says of it is asked for before. */
  const cease = async (ms: number) => {
    await new Promise((resolve) => setImmediate(resolve));
    concealedMs += ms;
  };
  const lastFrame = (msAgo: number) =>
    Object.assign(source, { lastFrameAt: performance.timeOrigin + performance.now() - msAgo });
  speaker.startMeasuring();
  await cease(10);
  // The news that it is closed comes after a while of nothing.
  await cease(400);
  lastFrame(400);
  speaker.expectSound(false);
  level = 0;
  await cease(5_000);
  speaker.expectSound(true);
  await cease(700);
  level = 0.1;
  speaker.expectSound(true);
  await cease(30);
  const silenceMs = (await speaker.silenceMs()) ?? Number.NaN;
  assert.ok(silenceMs >= 30 && silenceMs <= 40, `${silenceMs} ms`);
});
