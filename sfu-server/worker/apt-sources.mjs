/**
 * The machine's own package mirrors, with source packages switched on.
 *
 * Reads both notations apt knows (`*.sources` stanzas and `*.list` lines), keeps
 * the distribution's own suites and leaves third-party repositories out: most
 * have no source packages, and one that is down would fail the whole update.
 */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { osRelease } from './machine.mjs';

const APT_DIR = '/etc/apt';

/** Suites a distribution publishes next to its release, after the codename. */
const SUITE_SUFFIXES = ['', '-updates', '-security', '/updates'];

/**
 * @param {{ aptDir?: string, codename?: string }} [where] for tests
 * @returns {Promise<{ deb822: string, oneLine: string }>} the contents of a .sources and a .list file
 */
export async function toPrivateSources({ aptDir = APT_DIR, codename } = {}) {
  const release = codename ?? (await osRelease()).VERSION_CODENAME;

  if (!release) {
    throw new Error("cannot tell this distribution's release: /etc/os-release has no VERSION_CODENAME");
  }

  const files = await readSourceFiles(aptDir);
  const stanzas = files
    .filter(({ name }) => name.endsWith('.sources'))
    .flatMap(({ text }) => text.split(/\n\s*\n/))
    .map(withoutComments)
    .filter((stanza) => isDistributionStanza(stanza, release))
    .map(withSourcePackages);
  const lines = files
    .filter(({ name }) => name.endsWith('.list'))
    .flatMap(({ text }) => text.split('\n'))
    .filter((line) => isDistributionLine(line, release))
    .flatMap((line) => [line.trim(), line.trim().replace(/^deb\b/, 'deb-src')]);

  if (stanzas.length + lines.length === 0) {
    throw new Error(
      `no package mirror for "${release}" in ${aptDir}/sources.list or ${aptDir}/sources.list.d: add one and try again`,
    );
  }

  return { deb822: `${stanzas.join('\n\n')}\n`, oneLine: `${[...new Set(lines)].join('\n')}\n` };
}

/** @param {string} aptDir */
async function readSourceFiles(aptDir) {
  const parts = path.join(aptDir, 'sources.list.d');
  const names = await readdir(parts).catch(() => /** @type {string[]} */ ([]));
  const paths = [path.join(aptDir, 'sources.list'), ...names.sort().map((name) => path.join(parts, name))];

  return Promise.all(paths.map(async (name) => ({ name, text: await readFile(name, 'utf8').catch(() => '') })));
}

/** @param {string} stanza */
function withoutComments(stanza) {
  return stanza
    .split('\n')
    .filter((line) => line.trim() && !line.startsWith('#'))
    .join('\n');
}

/**
 * @param {string} stanza
 * @param {string} name
 */
function words(stanza, name) {
  const value = stanza.match(new RegExp(`^${name}:(.*(?:\\n[ \\t].*)*)`, 'im'))?.[1] ?? '';

  return value.trim().split(/\s+/).filter(Boolean);
}

/**
 * @param {string} stanza
 * @param {string} release
 */
function isDistributionStanza(stanza, release) {
  return (
    words(stanza, 'Types').includes('deb') &&
    words(stanza, 'Enabled')[0]?.toLowerCase() !== 'no' &&
    words(stanza, 'Components').includes('main') &&
    words(stanza, 'Suites').some((suite) => isDistributionSuite(suite, release)) &&
    isDistributionKey(words(stanza, 'Signed-By').join(' '))
  );
}

/** @param {string} stanza */
function withSourcePackages(stanza) {
  return stanza.replace(/^Types:.*$/im, 'Types: deb deb-src');
}

/**
 * @param {string} line `deb [options] uri suite component…`
 * @param {string} release
 */
function isDistributionLine(line, release) {
  const [, options = '', uri, suite, components] =
    line.match(/^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+([^#]*)/) ?? [];

  return Boolean(
    uri &&
      suite &&
      !uri.startsWith('cdrom:') &&
      isDistributionSuite(suite, release) &&
      components?.split(/\s+/).includes('main') &&
      isDistributionKey(options.match(/signed-by=(\S+)/)?.[1] ?? ''),
  );
}

/**
 * @param {string} suite
 * @param {string} release
 */
function isDistributionSuite(suite, release) {
  return SUITE_SUFFIXES.some((suffix) => suite === release + suffix);
}

/**
 * Third parties like to name their suites after the release too; their key
 * gives them away. No key named means apt's trusted set.
 *
 * @param {string} signedBy
 */
function isDistributionKey(signedBy) {
  return signedBy === '' || /(debian|ubuntu)-archive/.test(signedBy);
}
