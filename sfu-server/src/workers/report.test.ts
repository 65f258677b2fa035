import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WorkerLoad } from './placement.ts';
import type { Standing } from './pool.ts';
import { isNews, reportOf } from './report.ts';

const UP: Standing = { state: 'up', cpu: 0.1, deaths: 0 };

function load(index: number, packets: number, peers = 1): WorkerLoad {
  return { index, packets, budget: 3_000, cpu: 0.1, rooms: 1, peers, roomPeers: 0, hasRoom: false };
}

test('every place of the pool is told of, the empty one as well', () => {
  const down: Standing = { state: 'down', cpu: 0, deaths: 2 };
  assert.deepEqual(reportOf([UP, down, { ...UP, cpu: 0.12345 }], [load(2, 4_000, 7), load(0, 1_000)]), [
    { state: 'up', load: 0.33, cpu: 0.1, peers: 1, deaths: 0 },
    { state: 'down', load: 0, cpu: 0, peers: 0, deaths: 2 },
    { state: 'up', load: 1.33, cpu: 0.12, peers: 7, deaths: 0 },
  ]);
});

test('it is told anew when one worker among many has changed: by a twentieth, or in how it is', () => {
  const standings = Array.from({ length: 64 }, () => UP);
  const loads = standings.map((_, index) => load(index, 600));
  const told = reportOf(standings, loads);
  const next = (standing: Partial<Standing>, packets = 600) =>
    isNews(told, reportOf(standings.with(63, { ...UP, ...standing }), loads.with(63, load(63, packets))));
  assert.equal(next({}), false);
  assert.equal(next({ cpu: 0.14 }, 720), false);
  assert.equal(next({ cpu: 0.15 }), true);
  assert.equal(next({}, 750), true);
  assert.equal(next({}, 450), true);
  assert.equal(next({ state: 'silent' }), true);
});
