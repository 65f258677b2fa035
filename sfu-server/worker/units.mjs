/**
 * Which source files the worker consists of, and how they are bundled.
 *
 * Nine tenths of compiling one mediasoup file is reading the same headers, so
 * several files are included into one unit: that takes a fifth of the time.
 */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { applyPatches, patches } from './overlays/patches.mjs';

/** More saves little time and costs memory: two compilers must fit in 2 GB. */
const FILES_PER_UNIT = 14;

/**
 * Files that define the same file-local names as another, such as a constant or
 * a libuv callback, and so cannot share a unit with it. Each group becomes a
 * unit; the rest bundle freely. A clash missing here (a new mediasoup version
 * may bring one) costs time only: see compile.mjs.
 */
const APART = [
  [
    'src/Settings.cpp',
    'src/handles/TcpConnectionHandle.cpp',
    'src/RTC/PlainTransport.cpp',
    'src/RTC/SvcProducerStreamManager.cpp',
    'src/RTC/WebRtcServer.cpp',
    'src/RTC/BWE/LossBasedController.cpp',
    'src/RTC/RTCP/Feedback.cpp',
    'src/RTC/RTP/RtxStream.cpp',
  ],
  [
    'src/handles/UnixStreamSocketHandle.cpp',
    'src/RTC/PortManager.cpp',
    'src/RTC/BWE/TargetRateController.cpp',
    'src/RTC/SCTP/association/TransmissionControlBlock.cpp',
  ],
];

/**
 * @typedef {object} Unit
 * @property {string} name
 * @property {string[]} files relative to mediasoup's worker folder
 * @property {number} weight bytes of source, a guess at how long it takes
 */

/**
 * @param {string} workerDir mediasoup's worker folder
 * @returns {Promise<Unit[]>} the heaviest first, so that none is left for last
 */
export async function planUnits(workerDir) {
  const files = await listSources(workerDir);
  const apart = new Set(APART.flat());
  const groups = [
    ...APART.map((group) => group.filter((file) => files.includes(file))),
    ...chunk(
      files.filter((file) => !apart.has(file)),
      FILES_PER_UNIT,
    ),
  ].filter((group) => group.length > 0);
  const units = await Promise.all(groups.map((group, index) => toUnit(workerDir, `unit-${index}`, group)));

  return units.sort((a, b) => b.weight - a.weight);
}

/**
 * The same files, each in a unit of its own.
 *
 * @param {Unit} unit
 * @returns {Unit[]}
 */
export function splitUnit(unit) {
  return unit.files.map((file, index) => ({
    name: `${unit.name}-${index}`,
    files: [file],
    weight: unit.weight / unit.files.length,
  }));
}

/**
 * Writes the unit's source, and patched copies of the files that need one.
 *
 * @param {Unit} unit
 * @param {string} workerDir
 * @param {string} folder
 * @returns {Promise<string>} the path to compile
 */
export async function writeUnit(unit, workerDir, folder) {
  const includes = await Promise.all(
    unit.files.map(async (file) => {
      const source = await patched(file, workerDir, folder);

      // Every file names itself in MS_CLASS, for the log.
      return `#include ${JSON.stringify(source)}\n#undef MS_CLASS\n`;
    }),
  );
  const target = path.join(folder, `${unit.name}.cpp`);

  await writeFile(target, includes.join(''));

  return target;
}

/**
 * @param {string} file
 * @param {string} workerDir
 * @param {string} folder
 */
async function patched(file, workerDir, folder) {
  const original = path.join(workerDir, file);

  if (!patches.some((patch) => patch.file === file)) return original;

  const copy = path.join(folder, `patched-${path.basename(file)}`);

  await writeFile(copy, applyPatches(file, await readFile(original, 'utf8')));

  return copy;
}

/**
 * mediasoup's build description is the one list of its sources. Only the first
 * block counts: what is added to it later is libwebrtc's bandwidth estimator,
 * which the built-in one replaces.
 *
 * @param {string} workerDir
 */
async function listSources(workerDir) {
  const description = await readFile(path.join(workerDir, 'meson.build'), 'utf8');
  const block = description.match(/^common_sources = \[([^\]]*)\]/m)?.[1];
  const files = [...(block ?? '').matchAll(/'([^']+\.cpp)'/g)].map(([, file]) => /** @type {string} */ (file));

  if (files.length === 0) {
    throw new Error(
      `no list of sources in ${path.join(workerDir, 'meson.build')}: this mediasoup version needs a new recipe`,
    );
  }

  return [...files, 'src/main.cpp'];
}

/**
 * @param {string} workerDir
 * @param {string} name
 * @param {string[]} files
 * @returns {Promise<Unit>}
 */
async function toUnit(workerDir, name, files) {
  const texts = await Promise.all(files.map((file) => readFile(path.join(workerDir, file), 'utf8')));

  return { name, files, weight: texts.reduce((sum, text) => sum + text.length, 0) };
}

/**
 * @template T
 * @param {T[]} items
 * @param {number} size
 */
function chunk(items, size) {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}
