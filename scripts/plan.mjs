// `npm run plan -- --users 50000 --rooms-of 8 --sfu-share 0.2`: what so many users need, by what was measured.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { inRoot } from './paths.mjs';
import { readFigures, SETTINGS } from './plan-figures.mjs';
import { planFor, stepsTo } from './plan-model.mjs';
import { fail, StepError, say } from './progress.mjs';

/** What may be asked: default, the least and the most, and what it means. */
const OPTIONS = {
  users: {
    value: 10_000,
    least: 1,
    most: 10_000_000,
    whole: true,
    what: 'users connected at once, all of them in rooms',
  },
  'rooms-of': { value: 8, least: 2, most: 10_000, whole: true, what: 'people in a room' },
  'sfu-share': { value: 0.2, least: 0, most: 1, whole: false, what: 'of them in rooms that go through an SFU' },
  talking: {
    value: 2,
    least: 0,
    most: 1_000,
    whole: false,
    what: 'of a room talk at once, on average; the others send next to nothing (DTX)',
  },
  'turn-share': { value: 0.1, least: 0, most: 1, whole: false, what: 'of people reach others by a TURN server only' },
  'cores-per-node': { value: 8, least: 1, most: 256, whole: true, what: 'cores of an SFU node' },
};

/** @param {string[]} args @returns {Record<keyof typeof OPTIONS, number>} */
export function readWishes(args) {
  /** @type {Record<string, string | undefined>} */
  let given;
  try {
    const options = Object.fromEntries(
      Object.keys(OPTIONS).map((name) => [name, { type: /** @type {const} */ ('string') }]),
    );
    given = /** @type {Record<string, string | undefined>} */ (parseArgs({ args, options }).values);
  } catch (error) {
    const [first] = (error instanceof Error ? error.message : String(error)).split('. ');
    throw new StepError(
      `${first}. There are: ${Object.keys(OPTIONS)
        .map((name) => `--${name}`)
        .join(', ')}.`,
    );
  }
  return /** @type {Record<keyof typeof OPTIONS, number>} */ (
    Object.fromEntries(
      Object.entries(OPTIONS).map(([name, { value, least, most, whole }]) => {
        const text = given[name];
        if (text === undefined) return [name, value];
        const number = text.trim() === '' ? Number.NaN : Number(text);
        if (number >= least && number <= most && (!whole || Number.isInteger(number))) return [name, number];
        throw new StepError(
          `--${name} wants a ${whole ? 'whole ' : ''}number from ${least} to ${most}, not "${text}".`,
        );
      }),
    )
  );
}

const count = (/** @type {number} */ value) => Math.ceil(value).toLocaleString('en');
const megabit = (/** @type {number} */ value) => (value < 10 ? value.toFixed(1) : count(value));
const memory = (/** @type {number} */ mb) => (mb < 1_000 ? `${count(mb)} MB` : `${(mb / 1_000).toFixed(1)} GB`);

/** @param {import('./plan-model.mjs').Phase[]} phases */
function tableOf(phases) {
  const columns = [
    [
      '',
      'users',
      'rooms',
      'signaling: nodes',
      '  cores',
      '  memory each',
      'SFU: nodes',
      '  cores',
      '  memory each',
      '  Mbit/s out',
      '  Mbit/s in',
      'TURN: Mbit/s each way',
      'Redis: memory',
    ],
    ...phases.map(({ users, rooms, signaling, sfu, turn, redis }, i) => [
      `phase ${i + 1}`,
      ...[count(users), count(rooms), count(signaling.nodes), count(signaling.cores), memory(signaling.mbEach)],
      ...(sfu.nodes === 0
        ? ['none', '–', '–', '–', '–']
        : [count(sfu.nodes), count(sfu.cores), memory(sfu.mbEach), megabit(sfu.outMbit), megabit(sfu.inMbit)]),
      ...[turn.mbitEachWay === 0 ? 'none' : megabit(turn.mbitEachWay), redis ? memory(redis.mb) : 'none'],
    ]),
  ];
  const widths = columns.map((column) => Math.max(...column.map((cell) => cell.length)));
  const rows = (columns[0] ?? []).map((_, row) =>
    columns
      .map((column, i) => {
        const cell = column[row] ?? '';
        return i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart((widths[i] ?? 0) + 2);
      })
      .join(''),
  );
  return rows.join('\n');
}

/** @param {string[]} args @param {string} results the text of bench/results.md */
export function planInWords(args, results) {
  const asked = readWishes(args);
  const figures = readFigures(results);
  const wishes = {
    roomsOf: asked['rooms-of'],
    sfuShare: asked['sfu-share'],
    talking: asked.talking,
    turnShare: asked['turn-share'],
    coresPerNode: asked['cores-per-node'],
  };
  const phases = stepsTo(asked.users).map((users) => planFor({ ...wishes, users }, figures, SETTINGS));
  const last = /** @type {import('./plan-model.mjs').Phase} */ (phases.at(-1));
  const line = (/** @type {import('./plan-figures.mjs').Figure} */ { what, value, unit, source }) =>
    `  ${[value.toLocaleString('en'), unit].filter(Boolean).join(' ').padEnd(14)}${what} (${source})`;
  return [
    tableOf(phases),
    '',
    `At ${count(last.users)} users the SFU forwards ${count(last.packetsOut)} packets a second to ${count(last.sfuPeople)} people, ${last.busyCores.toFixed(1)} cores at work.`,
    ...(last.meshUpKbit > 0
      ? [`In a mesh of ${wishes.roomsOf} somebody who talks sends ${count(last.meshUpKbit)} kbit/s.`]
      : []),
    '',
    'Asked for, or else assumed:',
    ...Object.entries(OPTIONS).map(
      ([name, { what }]) => `  --${name} ${asked[/** @type {keyof typeof OPTIONS} */ (name)]}`.padEnd(24) + what,
    ),
    ...(last.sfuShare === wishes.sfuShare
      ? []
      : ['  Rooms of this size do not fit into a mesh: all of them go through an SFU.']),
    '',
    'Measured:',
    ...Object.values(figures).map(line),
    '',
    'Settings, and what was not measured by a bench:',
    ...Object.values(SETTINGS).map(line),
    '',
    'Not in it: the CPU of TURN servers, what signaling sends, Redis’ CPU, the system’s own memory. From 1,000 users on there is one',
    'node of each kind more than needed, so that one may fail. Cores differ: measure yours with `npm run bench:sfu`.',
  ].join('\n');
}

if (process.argv[1] === inRoot('scripts/plan.mjs')) {
  try {
    say(planInWords(process.argv.slice(2), readFileSync(inRoot('bench/results.md'), 'utf8')));
  } catch (error) {
    fail(error);
  }
}
