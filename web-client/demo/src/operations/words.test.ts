import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  counted,
  inCount,
  inShare,
  levelOf,
  type Pool,
  pathInWords,
  refusalInWords,
  shortTime,
  workersInWords,
} from './words.ts';

const none = { count: 0, sum: 0, poor: 0 };

test('a refusal is said in words, and one nobody foresaw in the server’s', () => {
  assert.match(refusalInWords({ code: 'unauthorized' }).title, /not the key/);
  assert.match(refusalInWords({ code: 'unknown_request' }).advice, /ADMIN_KEY/);
  assert.equal(refusalInWords({ code: 'brand_new', message: 'The moon is full.' }).title, 'The moon is full.');
  assert.equal(refusalInWords({ code: '__proto__' }).title, 'Something unexpected happened.');
});

test('figures are read as people say them', () => {
  assert.deepEqual([inShare(0.123), inShare(1.5), inCount(12_345), inCount(null)], ['12 %', '150 %', '12,345', '–']);
  assert.deepEqual([counted(1, 'room'), counted(0, 'room')], ['1 room', '0 rooms']);
  assert.deepEqual([counted(1, 'person'), counted(3, 'person')], ['1 person', '3 people']);
});

test('a plot is told to whoever does not see it', () => {
  assert.equal(pathInWords('sfu', []), 'SFU: nothing reported yet.');
  const points = [
    { at: 0, mesh: { count: 2, sum: 8.4, poor: 0 }, sfu: none },
    { at: 1, mesh: none, sfu: none },
    { at: 2, mesh: { count: 2, sum: 7, poor: 1 }, sfu: none },
  ];
  assert.equal(pathInWords('mesh', points), 'P2P: 3.5 now, 3.5 to 4.2 in all; 25 % of 4 reports below 3.6.');
  assert.equal(pathInWords('mesh', points.slice(0, 1)), 'P2P: 4.2 throughout; 0 % of 2 reports below 3.6.');
});

test('a stretch of time is told in short', () => {
  assert.deepEqual([0, 12.4, 999, 1_000, 2_500, 60_000].map(shortTime), [
    '0 ms',
    '12 ms',
    '999 ms',
    '1 s',
    '2.5 s',
    '60 s',
  ]);
});

test('what is a lot begins where it is time for more', () => {
  assert.deepEqual([0, 0.79, 0.8, 0.99, 1, 4].map(levelOf), ['good', 'good', 'fair', 'fair', 'poor', 'poor']);
});

test('the workers of a node are said in a line: how busy the busiest is, what is wrong, what was', () => {
  const worker: Pool[number] = { state: 'up', load: 0.1, cpu: 0.05, peers: 2, deaths: 0 };
  const [busy, hot] = [
    { ...worker, load: 0.6 },
    { ...worker, cpu: 0.7 },
  ];
  const down: Pool[number] = { state: 'down', load: 0, cpu: 0, peers: 0, deaths: 3 };
  assert.deepEqual(workersInWords([worker]), { sum: '1 worker', troubles: [], past: '' });
  assert.equal(workersInWords([worker, busy, worker]).sum, '3 workers, the busiest at 60 %');
  assert.equal(workersInWords([worker, busy, hot]).sum, '3 workers, the busiest at 70 %');
  assert.deepEqual(workersInWords([down, { ...worker, state: 'silent' }, { ...down, deaths: 1 }]), {
    sum: '3 workers, the busiest at 10 %',
    troubles: ['2 down', '1 not answering'],
    past: '2 replaced',
  });
});
