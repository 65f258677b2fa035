/** Compiles and links the worker, driving g++ directly. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readlink } from 'node:fs/promises';
import { availableParallelism, endianness, totalmem } from 'node:os';
import path from 'node:path';
import { CommandError, run } from './run.mjs';
import { planUnits, splitUnit, writeUnit } from './units.mjs';

const UNIT_TIMEOUT_MS = 300_000;
const LINK_TIMEOUT_MS = 120_000;
const FLATC_TIMEOUT_MS = 30_000;

/** Measured peak of one unit is 480 MB; better fewer at a time than a machine that swaps. */
const COMPILER_MEMORY = 700e6;

/** What Debian gives its own network servers; the worker parses what strangers send. */
export const HARDENING = ['-fPIE', '-fstack-protector-strong', '-D_FORTIFY_SOURCE=2'];

/**
 * @typedef {object} Inputs
 * @property {string} workerDir mediasoup's worker folder
 * @property {string} root the unpacked Debian packages
 * @property {string[]} systemIncludes
 * @property {string} multiarch for example x86_64-linux-gnu
 * @property {string} overlays
 * @property {{ include: string, objects: string[] }} libsrtp
 * @property {string} folder an existing folder to build in
 * @property {(fraction: number) => void} onProgress
 */

/**
 * @param {Inputs} inputs
 * @returns {Promise<string>} the path of the linked worker
 */
export async function compileWorker(inputs) {
  const { workerDir, folder } = inputs;
  const unitDir = path.join(folder, 'units');

  await mkdir(unitDir);
  const generated = await generateMessages(inputs);
  const flags = compilerFlags(inputs, generated);
  const units = await planUnits(workerDir);
  const total = units.reduce((sum, unit) => sum + unit.weight, 0);
  let done = 0;

  const objects = await pool(units, async (unit, signal, enqueue) => {
    const object = await compileUnit(unit, { workerDir, unitDir, flags, signal });

    if (!object) {
      enqueue(splitUnit(unit));

      return undefined;
    }

    done += unit.weight;
    inputs.onProgress(done / total);

    return object;
  });

  return link(inputs, objects);
}

/**
 * Flatbuffers' C++ headers, from the schemas mediasoup's JavaScript side was
 * generated from too.
 *
 * @param {Inputs} inputs
 * @returns {Promise<string>} the include folder
 */
async function generateMessages({ workerDir, root, folder }) {
  const include = path.join(folder, 'generated');
  const schemaDir = path.join(workerDir, 'fbs');
  const schemas = (await readdir(schemaDir)).filter((file) => file.endsWith('.fbs'));

  await mkdir(path.join(include, 'FBS'), { recursive: true });
  await run(
    path.join(root, 'usr/bin/flatc'),
    [
      ...['--cpp', '--cpp-field-case-style', 'lower', '--reflect-names', '--scoped-enums', '--filename-suffix', ''],
      ...['-o', path.join(include, 'FBS')],
      ...schemas.map((file) => path.join(schemaDir, file)),
    ],
    { timeoutMs: FLATC_TIMEOUT_MS },
  );

  return include;
}

/**
 * @param {Inputs} inputs
 * @param {string} generated
 */
function compilerFlags({ workerDir, overlays, libsrtp, systemIncludes }, generated) {
  // The overlays come first: their srtp.h stands in for libsrtp 3's.
  const includes = [
    path.join(overlays, 'include'),
    libsrtp.include,
    generated,
    path.join(workerDir, 'include'),
    ...systemIncludes,
  ];
  const defines = [
    endianness() === 'LE' ? 'MS_LITTLE_ENDIAN' : 'MS_BIG_ENDIAN',
    'MS_EXECUTABLE',
    // Without it the worker needs libwebrtc and abseil.
    'MS_USE_BUILTIN_BWE',
    'FLATBUFFERS_LOCALE_INDEPENDENT=1',
    'NDEBUG',
  ];

  return [
    '-std=c++20',
    '-O3',
    ...HARDENING,
    '-w',
    ...defines.map((define) => `-D${define}`),
    ...includes.flatMap((dir) => ['-I', dir]),
  ];
}

/**
 * @param {import("./units.mjs").Unit} unit
 * @param {{ workerDir: string, unitDir: string, flags: string[], signal: AbortSignal }} options
 * @returns {Promise<string | undefined>} the object file, or nothing if the unit's files cannot share one
 */
async function compileUnit(unit, { workerDir, unitDir, flags, signal }) {
  const source = await writeUnit(unit, workerDir, unitDir);
  const object = path.join(unitDir, `${unit.name}.o`);

  try {
    await run('g++', [...flags, '-c', source, '-o', object], { timeoutMs: UNIT_TIMEOUT_MS, signal });

    return object;
  } catch (error) {
    // Likely two files with the same local names. If it is something else, the
    // file at fault fails again on its own, and says so.
    if (error instanceof CommandError && error.refused && unit.files.length > 1) return undefined;
    throw error;
  }
}

/**
 * Runs jobs, one per CPU at a time if memory allows. The first failure ends the others.
 *
 * @template Job, Result
 * @param {Job[]} jobs
 * @param {(job: Job, signal: AbortSignal, enqueue: (more: Job[]) => void) => Promise<Result | undefined>} work
 * @returns {Promise<Result[]>}
 */
async function pool(jobs, work) {
  const queue = [...jobs];
  const failure = new AbortController();
  /** @type {Result[]} */
  const results = [];

  const lane = async () => {
    for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
      const result = await work(job, failure.signal, (more) => queue.push(...more));

      if (result !== undefined) results.push(result);
    }
  };
  const width = Math.max(1, Math.min(availableParallelism(), Math.floor(totalmem() / COMPILER_MEMORY)));
  const lanes = Array.from({ length: width }, () =>
    lane().catch((error) => {
      failure.abort(error);
      throw error;
    }),
  );

  await Promise.allSettled(lanes);
  // The first failure, not the cancellations it caused.
  failure.signal.throwIfAborted();

  return results;
}

/**
 * @param {Inputs} inputs
 * @param {string[]} objects
 */
async function link({ root, multiarch, libsrtp, folder }, objects) {
  const binary = path.join(folder, 'mediasoup-worker');
  const libDir = path.join(root, 'usr/lib', multiarch);
  const openssl = await Promise.all(['libssl', 'libcrypto'].map((name) => opensslLibrary(name, libDir, multiarch)));

  await run(
    'g++',
    [
      ...['-pie', '-Wl,-z,relro,-z,now', '-s', '-o', binary],
      ...objects,
      ...libsrtp.objects,
      path.join(libDir, 'libuv_a.a'),
      path.join(libDir, 'libflatbuffers.a'),
      ...openssl,
      // The worker then runs wherever this libc does, whatever its g++.
      ...['-static-libstdc++', '-static-libgcc', '-pthread', '-ldl'],
    ],
    { timeoutMs: LINK_TIMEOUT_MS },
  );

  return binary;
}

/**
 * The machine's own shared OpenSSL if it has one, so that its security updates
 * reach the worker without a rebuild; else the static one.
 *
 * @param {string} name
 * @param {string} libDir the unpacked development package's
 * @param {string} multiarch
 */
async function opensslLibrary(name, libDir, multiarch) {
  const soname = path.basename(await readlink(path.join(libDir, `${name}.so`)));
  const installed = [`/usr/lib/${multiarch}`, `/lib/${multiarch}`]
    .map((dir) => path.join(dir, soname))
    .find((file) => existsSync(file));

  return installed ?? path.join(libDir, `${name}.a`);
}
