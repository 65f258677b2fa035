// What a capacity plan rests on: measured figures, read from bench/results.md, and settings and guesses that say what they are.
import { StepError } from './progress.mjs';

/**
 * @typedef {{ what: string, unit: string, bench: RegExp, pattern: RegExp }} Measured
 *   `bench` begins the row's second column, `pattern` finds the value in its figures; the last row that has it counts
 * @typedef {{ what: string, unit: string, value: number, source: string }} Figure
 */

const SFU_ROOM = /^sfu room/;
const OF_SFU_ROOM = '6 open microphones, 100 listeners: [\\d.]+ ms CPU a listener a second';
const SIGNALING = /^signaling/;
const OF_SIGNALING = '10000 users: fan-out p50 [\\d.]+, p99 [\\d.]+ ms, limit [\\d.]+ \\(ratio [\\d.]+\\);';

/** Where each measured figure is. */
const MEASURED = {
  packetMicros: {
    what: 'CPU to forward a packet to one listener',
    unit: 'µs',
    bench: SFU_ROOM,
    pattern: new RegExp(`${OF_SFU_ROOM} \\([\\d.]+ idle, ([\\d.]+) µs a packet`),
  },
  listenerIdleMs: {
    what: 'CPU of a listener in an SFU room while nobody talks, a second',
    unit: 'ms',
    bench: SFU_ROOM,
    pattern: new RegExp(`${OF_SFU_ROOM} \\(([\\d.]+) idle`),
  },
  listenerKb: {
    what: 'memory of a listener at the SFU',
    unit: 'KB',
    bench: SFU_ROOM,
    pattern: new RegExp(`${OF_SFU_ROOM} \\([^)]*\\), ([\\d.]+) KB a listener`),
  },
  userKb: {
    what: 'memory of a user at signaling, of 10,000 at one node',
    unit: 'KB',
    bench: SIGNALING,
    pattern: new RegExp(`${OF_SIGNALING} ([\\d.]+) KB a user`),
  },
  signalingMb: {
    what: 'memory of a signaling node with 10,000 users',
    unit: 'MB',
    bench: SIGNALING,
    pattern: new RegExp(`${OF_SIGNALING} [\\d.]+ KB a user, limit [\\d.]+, ([\\d.]+) MB in all`),
  },
  streamKbit: {
    what: 'one voice as it is sent without loss, without headers',
    unit: 'kbit/s',
    bench: /^loss/,
    pattern: /FEC up, NACK down: 0\.0 %: [^;]*?, ([\d.]+) kbit\/s/,
  },
};

/** @typedef {keyof typeof MEASURED} MeasuredName */

/**
 * @param {string} results the text of bench/results.md
 * @returns {Record<MeasuredName, Figure>}
 */
export function readFigures(results) {
  const rows = results
    .split('\n')
    .filter((line) => line.startsWith('| 20'))
    .map((line) => line.split('|').map((cell) => cell.trim()));
  return /** @type {Record<MeasuredName, Figure>} */ (
    Object.fromEntries(Object.entries(MEASURED).map(([name, measured]) => [name, findIn(rows, measured)]))
  );
}

/** @param {string[][]} rows @param {Measured} measured @returns {Figure} */
function findIn(rows, { what, unit, bench, pattern }) {
  for (const [, date = '', title = '', commit = '', machine = '', figures = ''] of [...rows].reverse()) {
    const value = bench.test(title) ? Number(pattern.exec(figures)?.[1]) : Number.NaN;
    if (Number.isNaN(value)) continue;
    const [name = title] = title.split(/[,;]/);
    return { what, unit, value, source: `bench/results.md, ${name}, ${date}, ${commit}, ${machine.split(',')[0]}` };
  }
  throw new StepError(
    `bench/results.md does not tell ${what} (${unit}) any more: scripts/plan-figures.mjs looks for it.`,
  );
}

/** What is set in the code or documented, and holds for the plan. @type {Record<string, Figure>} */
export const SETTINGS = {
  packetsPerVoice: { what: 'packets of one voice a second', unit: '', value: 50, source: 'Opus frames of 20 ms' },
  headerBytes: {
    what: 'IP, UDP, RTP with extensions and SRTP around each packet',
    unit: 'bytes',
    value: 58,
    source: 'IPv4 20, UDP 8, RTP 12, extensions 8, SRTP tag 10',
  },
  meshMax: { what: 'the most people in a mesh', unit: '', value: 12, source: 'MESH_MAX_PEERS' },
  slots: { what: 'the most voices a listener is sent', unit: '', value: 6, source: 'SPEAKER_SLOTS' },
  workerPackets: {
    what: 'packets a second one worker (one core) is given',
    unit: '',
    value: 60_000,
    source: 'WORKER_PACKETS_MAX',
  },
  workerPeople: { what: 'people one worker is given', unit: '', value: 500, source: 'CAPACITY' },
  fullShare: {
    what: 'of its budget a node is filled to before others are looked for',
    unit: '',
    value: 0.8,
    source: 'placement of rooms, docs/operations.md',
  },
  signalingUsers: {
    what: 'users of one signaling node: as many as were measured',
    unit: '',
    value: 10_000,
    source: 'bench/results.md, signaling; one process, one core',
  },
  redisKb: { what: 'memory of Redis for a member of a room', unit: 'KB', value: 1, source: 'docs/operations.md' },
  workerMb: { what: 'memory of an idle worker', unit: 'MB', value: 13, source: 'measured by hand, no bench' },
  sfuNodeMb: { what: 'memory of an SFU node’s main process', unit: 'MB', value: 120, source: 'a guess, no bench' },
};
