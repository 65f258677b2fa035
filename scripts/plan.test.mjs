import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { inRoot } from './paths.mjs';
import { planInWords, readWishes } from './plan.mjs';
import { readFigures, SETTINGS } from './plan-figures.mjs';
import { planFor, stepsTo } from './plan-model.mjs';

const RESULTS = readFileSync(inRoot('bench/results.md'), 'utf8');
/** Round ones, so that what comes of them can be reckoned by hand. */
const FIGURES = {
  packetMicros: { value: 10 },
  listenerIdleMs: { value: 0 },
  listenerKb: { value: 400 },
  userKb: { value: 20 },
  signalingMb: { value: 300 },
  streamKbit: { value: 36.8 },
};
const WISHES = { users: 8_000, roomsOf: 8, sfuShare: 0.5, talking: 2, turnShare: 0, coresPerNode: 4 };
/** @param {Partial<typeof WISHES>} [wishes] */
const plan = (wishes) => planFor({ ...WISHES, ...wishes }, FIGURES, SETTINGS);

test('every figure is read from bench/results.md and says where it stands there', () => {
  for (const { value, source, what } of Object.values(readFigures(RESULTS))) {
    assert.ok(value > 0 && source.startsWith('bench/results.md, '), `${what}: ${value}, ${source}`);
    const [, , date = '', commit = ''] = source.split(', ');
    assert.ok(RESULTS.includes(`| ${date} |`) && RESULTS.includes(`| ${commit} |`), source);
  }
});

test('of several rows the newest counts, and a figure that is gone is named', () => {
  const row = RESULTS.split('\n').findLast((line) => line.includes('| sfu room')) ?? '';
  const newer = row.replaceAll(/[\d.]+ µs a packet/g, '7 µs a packet');
  assert.ok(readFigures(RESULTS).packetMicros.value > 7);
  assert.equal(readFigures(`${RESULTS}${newer}\n`).packetMicros.value, 7);
  assert.throws(() => readFigures(''), /does not tell CPU to forward a packet/);
});

test('the SFU: packets to everyone but whoever talks, workers by what they are given, one node to spare', () => {
  const { rooms, packetsOut, busyCores, sfu } = plan();
  assert.deepEqual([rooms, packetsOut], [1_000, 500 * 2 * 7 * 50]);
  assert.equal(busyCores, 3.5);
  // 350,000 packets want 8 workers, 4,000 people 10: three nodes of four cores, and one to spare.
  assert.deepEqual([sfu.nodes, sfu.cores], [4, 16]);
  // 36.8 kbit/s and 58 bytes around each of 50 packets: 60 kbit/s.
  assert.deepEqual([sfu.outMbit, sfu.inMbit], [420, 60]);
  assert.equal(Math.round(sfu.mbEach), Math.round(120 + 4 * 13 + (4_000 / 3) * 0.4));
});

test('no more voices than slots are sent, and no more people talk than there are', () => {
  assert.equal(plan({ roomsOf: 100, talking: 50 }).packetsOut, 80 * 6 * 99 * 50);
  assert.equal(plan({ roomsOf: 2, talking: 50 }).packetsOut, 2_000 * 2 * 50);
});

test('a room larger than a mesh goes through the SFU whatever is asked for', () => {
  assert.deepEqual([plan({ roomsOf: 13, sfuShare: 0 }).sfuShare, plan({ roomsOf: 12, sfuShare: 0 }).sfuShare], [1, 0]);
  assert.equal(plan({ sfuShare: 0 }).sfu.nodes, 0);
});

test('signaling: as many users as were measured, by four fifths; Redis as soon as there are two nodes', () => {
  assert.deepEqual(
    [100, 999, 1_000, 8_000, 8_001, 80_000].map((users) => plan({ users }).signaling.nodes),
    [1, 1, 2, 2, 3, 11],
  );
  assert.equal(plan({ users: 8_000 }).signaling.mbEach, 100 + 160);
  assert.deepEqual([plan({ users: 100 }).redis, plan({ users: 8_000 }).redis], [null, { mb: 8 }]);
});

test('TURN carries the links of meshes of which either end needs it', () => {
  assert.equal(plan({ turnShare: 1 }).turn.mbitEachWay, 420);
  assert.equal(plan({ turnShare: 0.5 }).turn.mbitEachWay, 315);
  assert.equal(plan({ turnShare: 1, sfuShare: 1 }).turn.mbitEachWay, 0);
});

test('phases are powers of ten, and what was asked for', () => {
  assert.deepEqual(stepsTo(50_000), [100, 1_000, 10_000, 50_000]);
  assert.deepEqual([stepsTo(100), stepsTo(7)], [[100], [7]]);
});

test('arguments are taken or refused in one line that names them', () => {
  assert.deepEqual(readWishes(['--users', '50000', '--sfu-share=0.25']).users, 50_000);
  for (const [args, words] of /** @type {[string[], RegExp][]} */ ([
    [['--users', '0'], /^--users wants a whole number from 1 to 10000000, not "0"\.$/],
    [['--users', '1.5'], /^--users wants a whole/],
    [['--users', ''], /^--users wants/],
    [['--sfu-share', '20%'], /^--sfu-share wants a number from 0 to 1, not "20%"\.$/],
    [['--rooms-of', '1'], /^--rooms-of wants/],
    [['--user', '5'], /^Unknown option '--user'\. There are: --users, /],
    [['5'], /^Unexpected argument '5'/],
    [['--users'], /--users/],
  ])) {
    assert.throws(
      () => readWishes(args),
      (error) => error instanceof Error && words.test(error.message) && !error.message.includes('\n'),
      args.join(' '),
    );
  }
});

test('the plan in words has every phase, every assumption and every source', () => {
  const words = planInWords(['--users', '50000', '--rooms-of', '8', '--sfu-share', '0.2'], RESULTS);
  assert.match(words, /phase 4/);
  assert.match(words, /users +100 +1,000 +10,000 +50,000\n/);
  for (const { source } of [...Object.values(readFigures(RESULTS)), ...Object.values(SETTINGS)]) {
    assert.ok(words.includes(source), source);
  }
  assert.match(planInWords(['--rooms-of', '50'], RESULTS), /do not fit into a mesh/);
});
