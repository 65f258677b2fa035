/**
 * Debian packages without root: apt with its own source list, state and cache
 * folders, and `dpkg -x` to unpack. Nothing is installed and nothing outside
 * the given folder is written.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { toPrivateSources } from './apt-sources.mjs';
import { run } from './run.mjs';

const UPDATE_TIMEOUT_MS = 180_000;
const DOWNLOAD_TIMEOUT_MS = 180_000;
const UNPACK_TIMEOUT_MS = 60_000;

/** Libraries and tools the worker is built with; the compiler is not here. */
const BINARY_PACKAGES = ['libuv1-dev', 'libssl-dev', 'libflatbuffers-dev', 'flatbuffers-compiler'];
const SRTP_SOURCE_PACKAGE = 'libsrtp2';

/**
 * @typedef {object} Packages
 * @property {string} root what the binary packages contain, as if installed at /
 * @property {string} srtpSource libsrtp's unpacked source
 * @property {string} srtpVersion
 */

/**
 * Downloads and unpacks everything the build needs.
 *
 * @param {string} folder an existing, empty folder
 * @returns {Promise<Packages>}
 */
export async function fetchPackages(folder) {
  const downloads = path.join(folder, 'downloads');
  const root = path.join(folder, 'root');
  const source = path.join(folder, 'libsrtp');

  await Promise.all([downloads, root, source].map((dir) => mkdir(dir)));

  const apt = await privateApt(folder);

  await apt(['update'], { cwd: folder, timeoutMs: UPDATE_TIMEOUT_MS });
  await apt(['download', ...BINARY_PACKAGES], { cwd: downloads, timeoutMs: DOWNLOAD_TIMEOUT_MS });
  await apt(['source', '--download-only', SRTP_SOURCE_PACKAGE], { cwd: downloads, timeoutMs: DOWNLOAD_TIMEOUT_MS });

  const files = await readdir(downloads);

  for (const deb of files.filter((file) => file.endsWith('.deb'))) {
    await run('dpkg', ['-x', deb, root], { cwd: downloads, timeoutMs: UNPACK_TIMEOUT_MS });
  }

  return { root, ...(await unpackSource(downloads, files, source)) };
}

/**
 * Unpacks a source package and applies Debian's patches, as security updates are
 * made of them. (dpkg-source would do it, but needs Perl and half of a Debian
 * developer's tools.)
 *
 * @param {string} downloads
 * @param {string[]} files
 * @param {string} target
 */
async function unpackSource(downloads, files, target) {
  const upstream = files.find((file) => /\.orig\.tar\.\w+$/.test(file));
  const packaging = files.find((file) => /\.debian\.tar\.\w+$/.test(file));
  const srtpVersion = upstream?.match(/_([\d.]+)\.orig\./)?.[1];

  if (!upstream || !packaging || !srtpVersion) {
    throw new Error(`apt-get source ${SRTP_SOURCE_PACKAGE} brought other files than expected: ${files.join(', ')}`);
  }

  const options = { cwd: downloads, timeoutMs: UNPACK_TIMEOUT_MS };

  await run('tar', ['-xf', upstream, '-C', target, '--strip-components=1'], options);
  await run('tar', ['-xf', packaging, '-C', target], options);

  for (const name of await patchSeries(path.join(target, 'debian/patches'))) {
    await run('patch', ['-p1', '--batch', '-i', name], { cwd: target, timeoutMs: UNPACK_TIMEOUT_MS });
  }

  return { srtpSource: target, srtpVersion };
}

/**
 * @param {string} dir
 * @returns {Promise<string[]>} paths, in the order to apply them
 */
async function patchSeries(dir) {
  const series = await readFile(path.join(dir, 'series'), 'utf8').catch(() => '');

  return series
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter(Boolean)
    .map((name) => path.join(dir, name));
}

/**
 * @param {string} folder
 * @returns {Promise<(args: string[], options: { cwd: string, timeoutMs: number }) => Promise<string>>}
 */
async function privateApt(folder) {
  const dir = path.join(folder, 'apt');
  const sources = path.join(dir, 'sources.d');

  for (const sub of ['lists/partial', 'cache/archives/partial', 'sources.d']) {
    await mkdir(path.join(dir, sub), { recursive: true });
  }

  const { deb822, oneLine } = await toPrivateSources();

  await writeFile(path.join(sources, 'parley.sources'), deb822);
  await writeFile(path.join(sources, 'parley.list'), oneLine);

  const options = {
    'Dir::Etc::sourcelist': '/dev/null',
    'Dir::Etc::sourceparts': sources,
    'Dir::State::lists': path.join(dir, 'lists'),
    'Dir::Cache': path.join(dir, 'cache'),
    // As root, apt would hand downloads to a user who cannot write here.
    'APT::Sandbox::User': 'root',
    // Indexes nobody reads here.
    'Acquire::Languages': 'none',
    'Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled': 'false',
    'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled': 'false',
    'APT::Update::Error-Mode': 'any',
    'Acquire::Retries': '2',
  };
  const flags = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);

  // apt runs configured hooks after an update; clear them, some need root.
  const config = path.join(dir, 'apt.conf');

  await writeFile(
    config,
    '#clear APT::Update::Post-Invoke;\n#clear APT::Update::Post-Invoke-Success;\n#clear APT::Update::Pre-Invoke;\n',
  );

  return (args, { cwd, timeoutMs }) =>
    run('apt-get', ['-q', '-c', config, ...flags, ...args], {
      cwd,
      timeoutMs,
      env: { ...process.env, LC_ALL: 'C' },
    });
}
