import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SHOWN_MAX } from '@parley/shared/operations';
import type { QualityReport } from '@parley/shared/protocol';
import { History, STRETCH_MS, Tally } from './news.ts';

const NOW = 1_000_000_000;

function report(over: Partial<QualityReport>): QualityReport {
  return {
    ...{ roomId: 'lobby', path: 'mesh', mos: null, rtt: null, jitter: null, jitterBuffer: null, loss: null },
    ...{ sendBitrate: null, receiveBitrate: null, firstAudioMs: null, attempts: [] },
    ...over,
  };
}

const handover = (silenceMs: number) => ({ from: 'mesh' as const, to: 'sfu' as const, silenceMs });

describe('what a node has heard', () => {
  test('scores are added up by path, those below 3.6 counted apart, reports without one not at all', () => {
    const tally = new Tally();
    for (const mos of [4, 3.6, 3.5, null]) tally.reported(report({ mos }));
    tally.reported(report({ path: 'sfu', mos: 4.2 }));
    const { mesh, sfu } = tally.take();
    assert.deepEqual([mesh.count, mesh.sum.toFixed(1), mesh.poor], [3, '11.1', 1]);
    assert.deepEqual(sfu, { count: 1, sum: 4.2, poor: 0 });
    assert.deepEqual(tally.take().mesh, { count: 0, sum: 0, poor: 0 });
  });

  test('listeners of one handover are one silence, the longest of theirs', () => {
    const tally = new Tally();
    tally.reported(report({ handovers: [handover(10)] }));
    tally.reported(report({ handovers: [handover(40), { from: 'sfu', to: 'mesh', silenceMs: 5 }] }));
    tally.reported(report({ roomId: 'attic', handovers: [handover(20)] }));
    assert.deepEqual(
      tally.take().silences.map(({ roomId, to, listeners, silenceMs }) => [roomId, to, listeners, silenceMs]),
      [
        ['lobby', 'sfu', 2, 40],
        ['attic', 'sfu', 1, 20],
        ['lobby', 'mesh', 1, 5],
      ],
    );
  });

  test('however much clients say, of silences only the longest are passed on', () => {
    const tally = new Tally();
    for (let i = 0; i < 5_000; i++) tally.reported(report({ roomId: `room ${i}`, handovers: [handover(i % 400)] }));
    const { silences } = tally.take();
    assert.equal(silences.length, SHOWN_MAX.silences);
    assert.equal(silences[0]?.silenceMs, 399);
  });
});

describe('what all nodes have heard', () => {
  const heard = (mos: number, silences: { roomId: string; silenceMs: number; listeners: number }[] = []) => ({
    mesh: { count: 1, sum: mos, poor: 0 },
    sfu: { count: 0, sum: 0, poor: 0 },
    silences: silences.map((silence) => ({ from: 'mesh' as const, to: 'sfu' as const, ...silence })),
  });

  test('nodes that tell within one stretch make one point; silent stretches make none; old ones go', () => {
    const history = new History();
    history.take(heard(4), NOW);
    history.take(heard(3), NOW + STRETCH_MS - 1);
    history.take({ ...heard(0), mesh: { count: 0, sum: 0, poor: 0 } }, NOW + STRETCH_MS);
    history.take(heard(2), NOW + 3 * STRETCH_MS);
    assert.deepEqual(
      history.points(NOW + 3 * STRETCH_MS).map(({ at, mesh }) => [at - NOW, mesh.count, mesh.sum]),
      [
        [0, 2, 7],
        [3 * STRETCH_MS, 1, 2],
      ],
    );
    assert.equal(history.points(NOW + 30 * 60_000 + 1).length, 1);
    assert.equal(history.points(NOW + 60 * 60_000).length, 0);
  });

  test('what is old goes though nobody looks', () => {
    const history = new History();
    history.take(heard(4, [{ roomId: 'lobby', silenceMs: 10, listeners: 2 }]), NOW);
    history.take(heard(3), NOW + 60 * 60_000);
    assert.deepEqual([history.points(NOW).length, history.silences(NOW).length], [1, 0]);
  });

  test('of more handovers than are shown those told of last are kept', () => {
    const history = new History();
    const silence = { silenceMs: 1, listeners: 1 };
    history.take(heard(4, [{ roomId: 'lobby', ...silence }]), NOW);
    for (let i = 1; i < SHOWN_MAX.silences; i++) history.take(heard(4, [{ roomId: `${i}`, ...silence }]), NOW + i);
    history.take(heard(4, [{ roomId: 'lobby', ...silence }]), NOW + 1_000);
    history.take(heard(4, [{ roomId: 'attic', ...silence }]), NOW + 1_001);
    const kept = history.silences(NOW + 1_001).map(({ roomId }) => roomId);
    assert.deepEqual(kept.slice(0, 2), ['attic', 'lobby']);
    assert.equal(kept.length, SHOWN_MAX.silences);
  });

  test('a handover that several nodes tell of is one, a later one of the same room another, newest first', () => {
    const history = new History();
    history.take(heard(4, [{ roomId: 'lobby', silenceMs: 10, listeners: 2 }]), NOW);
    history.take(heard(4, [{ roomId: 'lobby', silenceMs: 30, listeners: 1 }]), NOW + 9_000);
    history.take(heard(4, [{ roomId: 'lobby', silenceMs: 5, listeners: 1 }]), NOW + 60_000);
    assert.deepEqual(
      history.silences(NOW + 60_000).map(({ at, listeners, silenceMs }) => [at - NOW, listeners, silenceMs]),
      [
        [60_000, 1, 5],
        [9_000, 3, 30],
      ],
    );
    for (let i = 0; i < 200; i++) history.take(heard(4, [{ roomId: `${i}`, silenceMs: 1, listeners: 1 }]), NOW);
    assert.equal(history.silences(NOW + 60_000).length, SHOWN_MAX.silences);
  });
});
