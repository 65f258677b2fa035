import { deepEqual, equal, ok, throws } from 'node:assert/strict';
import { describe, test } from 'node:test';
import { resultOf } from './signaling-figures.ts';
import { measureRow } from './signaling-row.ts';
import { clientFrame, FrameReader, serverFrame } from './websocket.ts';

describe('the arithmetic of bench:signaling', () => {
  test('times are percentiles of the rounds, the ratio is that of the medians, memory what was added per user', () => {
    const result = resultOf({
      n: 100,
      fanoutMs: [12, 10, 100],
      limitFanoutMs: [9, 8, 50],
      rssKb: { before: 50_000, after: 52_000 },
      limitRssKb: { before: 40_000, after: 40_755 },
      joinsMs: 50,
      loopLagMs: 12.34,
    });
    deepEqual(result, {
      bench: 'signaling',
      n: 100,
      rss_kb_per_conn: 20,
      limit_rss_kb_per_conn: 7.6,
      fanout_ms_p50: 12,
      fanout_ms_p99: 100,
      limit_fanout_ms_p50: 9,
      ratio: 1.33,
      joins_per_s: 2000,
      loop_lag_ms_p99: 12.3,
    });
  });
});

describe('the light client’s WebSocket', () => {
  const messages = ['', '2', 'x'.repeat(125), 'x'.repeat(126), 'y'.repeat(2_000), '42["app:event",{}]'];

  test('messages are found however the network cuts them up', () => {
    const bytes = Buffer.concat(messages.map(serverFrame));
    for (const size of [1, 2, 3, 5, 127, 500, bytes.length]) {
      const reader = new FrameReader();
      const texts: string[] = [];
      for (let at = 0; at < bytes.length; at += size) {
        const piece = Buffer.from(bytes.subarray(at, at + size));
        reader.read(
          piece,
          (text) => texts.push(text),
          () => {},
        );
        piece.fill(0);
      }
      deepEqual(texts, messages, `in pieces of ${size}`);
    }
  });

  test('a close is noticed, whatever else is not text is passed over', () => {
    let closes = 0;
    const texts: string[] = [];
    const bytes = Buffer.concat([Buffer.from([0x89, 0]), serverFrame('a'), Buffer.from([0x88, 2, 3, 0xe8])]);
    new FrameReader().read(
      bytes,
      (text) => texts.push(text),
      () => closes++,
    );
    deepEqual(texts, ['a']);
    equal(closes, 1);
  });

  test('what is too long for these benches is refused rather than sent wrong', () => {
    for (const frame of [clientFrame, serverFrame]) throws(() => frame('x'.repeat(65_536)), RangeError);
  });
});

test('a small crowd: both servers reach everyone, each of them once', async () => {
  const rounds = 2;
  const measured = await measureRow(12, rounds);
  const { fanoutMs, limitFanoutMs, rssKb, limitRssKb } = measured;
  deepEqual([fanoutMs.length, limitFanoutMs.length], [rounds, rounds]);
  for (const value of [...fanoutMs, ...limitFanoutMs, measured.joinsMs, rssKb.after, limitRssKb.after]) {
    ok(value > 0 && Number.isFinite(value), JSON.stringify(measured));
  }
  ok(measured.loopLagMs >= 0 && Number.isFinite(measured.loopLagMs));
});
