import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MediaPath } from '../media/media-path.ts';
import type { Playback } from '../playback/playback.ts';
import type { Participant } from '../types.ts';
import { StatsCollector } from './stats.ts';

/** A browser's counters for one speaker, as they stand now. */
interface Counters {
  timestamp: number;
  packetsReceived: number;
  packetsLost: number;
  bytesReceived: number;
  jitterBufferDelay: number;
  jitterBufferEmittedCount: number;
}

function setUp(kind: 'mesh' | 'sfu' = 'mesh', rtt = 0.08) {
  const counters: Counters = {
    timestamp: 1000,
    packetsReceived: 100,
    packetsLost: 5,
    bytesReceived: 8000,
    jitterBufferDelay: 48,
    jitterBufferEmittedCount: 960,
  };
  const getStats = async () =>
    new Map<string, unknown>([
      ['pair', { type: 'candidate-pair', nominated: true, currentRoundTripTime: rtt }],
      ['in', { type: 'inbound-rtp', jitter: 0.005, ...counters }],
    ]);
  const source = { kind, epoch: 1, receiver: { getStats } as unknown as RTCRtpReceiver | null };
  const playback = {
    speaker: (id: string) => (id === 'ann' ? { source } : undefined),
  } as unknown as Playback;
  const collector = new StatsCollector();
  const collect = async (id = 'ann') => {
    const { participants } = await collector.collect([{ id } as Participant], playback, [] as MediaPath[]);
    return participants.get(id);
  };
  const pass = (change: Partial<Counters>) => {
    for (const [key, by] of Object.entries(change)) counters[key as keyof Counters] += by;
  };
  return { collect, pass, source };
}

test('figures are of the time since the last call', async () => {
  const { collect, pass } = setUp();
  assert.deepEqual(await collect(), {
    path: 'mesh',
    rtt: 80,
    jitter: 5,
    jitterBuffer: null,
    loss: null,
    bitrate: null,
    mos: null,
  });
  pass({ timestamp: 1000, packetsReceived: 48, packetsLost: 2, bytesReceived: 4000 });
  pass({ jitterBufferDelay: 2880, jitterBufferEmittedCount: 48_000 });
  const { mos, ...rest } = (await collect()) ?? {};
  assert.deepEqual(rest, { path: 'mesh', rtt: 80, jitter: 5, jitterBuffer: 60, loss: 0.04, bitrate: 32_000 });
  assert.ok(mos && mos > 3 && mos < 4.2, `4 % lost: ${mos}`);
});

test('a clean call is as good as they get; a long way by a server is heard', async () => {
  const scores: number[] = [];
  for (const [kind, rtt] of [
    ['mesh', 0.03],
    ['sfu', 0.03],
    ['sfu', 0.25],
  ] as const) {
    const { collect, pass } = setUp(kind, rtt);
    await collect();
    pass({ timestamp: 1000, packetsReceived: 50, jitterBufferDelay: 1920, jitterBufferEmittedCount: 48_000 });
    scores.push((await collect())?.mos ?? 0);
  }
  const [near, server, far] = scores as [number, number, number];
  assert.ok(near > 4.4 && server > 4.4 && far < 4.05, String(scores));
});

test('silence sounds neither good nor bad', async () => {
  const { collect, pass } = setUp();
  await collect();
  pass({ timestamp: 1000 });
  const quiet = await collect();
  assert.deepEqual([quiet?.loss, quiet?.mos], [0, null]);
  assert.equal((await collect('ben'))?.path, null);
});

test('who has no slot has no figures, and whoever has one has those of the slot', async () => {
  const { collect, pass, source } = setUp('sfu');
  const { receiver } = source;
  source.receiver = null;
  const { path, ...figures } = (await collect()) ?? {};
  assert.equal(path, 'sfu');
  assert.deepEqual([...new Set(Object.values(figures))], [null]);
  source.receiver = receiver;
  assert.equal((await collect())?.bitrate, null, 'since the last call nothing was received by it');
  pass({ timestamp: 1000, bytesReceived: 4000 });
  assert.equal((await collect())?.bitrate, 32_000);
});
