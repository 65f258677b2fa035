import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ATTEMPTS_MAX, type Attempt, parse, type QualityReport, QualityReportSchema } from '@parley/shared/protocol';
import { FakeClock, silentLogger } from '@parley/shared/runtime';
import type { ParticipantStats, RoomStats } from '../types.ts';
import { QualityReporter } from './quality-reporter.ts';

const nobody: RoomStats = { participants: new Map(), sendBitrate: null };
const someone: ParticipantStats = {
  path: 'mesh',
  rtt: 50,
  jitter: 4,
  jitterBuffer: 60,
  loss: 0.01,
  bitrate: 30_000,
  mos: 4.2,
};
const attempt: Attempt = { path: 'mesh', outcome: 'connected', ms: 300 };
const settled = () => new Promise((resolve) => setImmediate(resolve));

function setUp(others = true) {
  const clock = new FakeClock();
  const state = { others, online: true, stats: nobody, firstAudio: null as number | null, epoch: 3, fails: false };
  const sent: QualityReport[] = [];
  let reads = 0;
  const reporter = new QualityReporter({
    roomId: 'lobby',
    path: () => ({ kind: 'mesh', epoch: state.epoch }),
    stats: async () => {
      reads++;
      return state.stats;
    },
    takeFirstAudio: () => state.firstAudio,
    hasOthers: () => state.others,
    isOnline: () => state.online,
    send: async (report) => {
      if (state.fails) throw new Error('connection lost');
      sent.push(parse(QualityReportSchema, report));
    },
    log: silentLogger,
    clock,
  });
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 1_000) {
      clock.advance(1_000);
      await settled();
    }
  };
  return { reporter, state, sent, pass, clock, reads: () => reads };
}

test('a room is reported every 10 s, as its middle listener has it', async () => {
  const { state, sent, pass } = setUp();
  state.stats = {
    participants: new Map([
      ['a', { ...someone, mos: 4.3, loss: 0, rtt: null }],
      ['b', { ...someone, mos: 1.5, loss: 0.4 }],
      ['c', someone],
      ['d', { ...someone, mos: null, bitrate: null }],
    ]),
    sendBitrate: 96_000,
  };
  state.firstAudio = 700;
  await pass(25_000);
  assert.equal(sent.length, 2);
  assert.deepEqual(sent[0], {
    roomId: 'lobby',
    path: 'mesh',
    epoch: 3,
    mos: 4.2,
    rtt: 50,
    jitter: 4,
    jitterBuffer: 60,
    loss: 0.01,
    sendBitrate: 96_000,
    receiveBitrate: 90_000,
    firstAudioMs: 700,
    attempts: [],
  });
});

test('alone, or offline, nothing is said, and nothing is kept for later', async () => {
  const { state, sent, pass, reporter } = setUp(false);
  await pass(21_000);
  state.others = true;
  state.online = false;
  await pass(20_000);
  assert.equal(sent.length, 0);
  state.online = true;
  reporter.noteAttempt(attempt);
  state.fails = true;
  await pass(10_000);
  state.fails = false;
  await pass(10_000);
  assert.equal(sent.length, 1);
  assert.deepEqual(sent[0]?.attempts, []);
});

test('the counters are read once before the first report, so that it tells what came since', async () => {
  const { pass, reads, sent } = setUp();
  await pass(1_000);
  assert.deepEqual([reads(), sent.length], [1, 0]);
  await pass(10_000);
  assert.deepEqual([reads(), sent.length], [2, 1]);
});

test('what was heard of a handover is told once', async () => {
  const { reporter, sent, pass } = setUp();
  for (let i = 0; i < 10; i++) reporter.noteHandover({ from: 'mesh', to: 'sfu', silenceMs: i === 0 ? 1e9 : 40 });
  await pass(21_000);
  assert.equal(sent[0]?.handovers?.length, 8);
  assert.deepEqual(sent[0]?.handovers?.slice(0, 2), [
    { from: 'mesh', to: 'sfu', silenceMs: 600_000 },
    { from: 'mesh', to: 'sfu', silenceMs: 40 },
  ]);
  assert.equal(sent[1]?.handovers, undefined);
  reporter.noteHandover({ from: 'sfu', to: 'sfu', silenceMs: 0 });
  assert.deepEqual(reporter.close()?.handovers, [{ from: 'sfu', to: 'sfu', silenceMs: 0 }]);
});

test('an attempt is told once, and of very many only some', async () => {
  const { reporter, sent, pass } = setUp();
  for (let i = 0; i < ATTEMPTS_MAX + 5; i++) reporter.noteAttempt({ ...attempt, ms: i === 0 ? 1e9 : 300 });
  await pass(21_000);
  assert.deepEqual(
    sent.map(({ attempts }) => attempts.length),
    [ATTEMPTS_MAX, 0],
  );
  assert.equal(sent[0]?.attempts[0]?.ms, 600_000);
});

test('figures out of bounds do not spoil a report', async () => {
  const { state, sent, pass } = setUp();
  const wild = { ...someone, rtt: 1e9, jitter: Number.NaN, loss: -1, bitrate: -5, mos: Number.POSITIVE_INFINITY };
  state.stats = { participants: new Map([['a', wild]]), sendBitrate: 1e12 };
  state.epoch = 0;
  await pass(11_000);
  const { rtt, jitter, loss, mos, sendBitrate, receiveBitrate, epoch } = sent[0] as QualityReport;
  assert.deepEqual([rtt, jitter, loss, mos, sendBitrate, receiveBitrate], [60_000, null, 0, null, 1e9, 0]);
  assert.equal(epoch, undefined);
});

test('whoever leaves says what has not been told yet, if there is anything', async () => {
  const one = setUp();
  one.reporter.noteAttempt({ path: 'mesh', outcome: 'abandoned', ms: 4_000 });
  assert.equal(parse(QualityReportSchema, one.reporter.close()).attempts.length, 1);
  assert.equal(one.reporter.close(), null);
  assert.equal(one.clock.pending, 0);
  const other = setUp();
  await other.pass(11_000);
  assert.equal(other.reporter.close(), null);
});
