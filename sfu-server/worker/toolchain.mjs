/** The tools a build needs on the machine itself. */
import { isRoot } from './machine.mjs';
import { CommandError, run } from './run.mjs';

const PROBE_TIMEOUT_MS = 10_000;
const INSTALL_TIMEOUT_MS = 600_000;

/** Command -> the Debian package that brings it. */
const TOOLS = { gcc: 'gcc', 'g++': 'g++', patch: 'patch', xz: 'xz-utils' };

/**
 * Makes sure there are a C++ compiler and its kin, installing them where we may.
 *
 * @param {(line: string) => void} log
 * @returns {Promise<string>} the multiarch name, for example x86_64-linux-gnu
 */
export async function ensureToolchain(log) {
  if (!(await works('apt-get')) || !(await works('dpkg'))) {
    throw new Error(
      'building the mediasoup worker needs a Debian-like system (apt-get and dpkg are missing). ' +
        'Put a worker of the same mediasoup version on this machine and name it in MEDIASOUP_WORKER_BIN.',
    );
  }

  const missing = await missingPackages();

  if (missing.length > 0) await install(missing, log);

  return (await run('g++', ['-print-multiarch'], { timeoutMs: PROBE_TIMEOUT_MS })).trim();
}

async function missingPackages() {
  const checked = await Promise.all(
    Object.entries(TOOLS).map(async ([command, name]) => ((await works(command)) ? [] : [name])),
  );

  return checked.flat();
}

/** @param {string} command */
async function works(command) {
  return run(command, ['--version'], { timeoutMs: PROBE_TIMEOUT_MS }).then(
    () => true,
    () => false,
  );
}

/**
 * @param {string[]} packages
 * @param {(line: string) => void} log
 */
async function install(packages, log) {
  const command = `apt-get install --yes --no-install-recommends ${packages.join(' ')}`;

  if (!isRoot()) {
    throw new Error(`building the mediasoup worker needs ${packages.join(', ')}. Run: sudo ${command}`);
  }

  log(`installing ${packages.join(', ')}`);
  const options = {
    timeoutMs: INSTALL_TIMEOUT_MS,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
  };
  const args = command.split(' ').slice(1);

  try {
    await run('apt-get', ['-q', 'update'], options);
    await run('apt-get', ['-q', ...args], options);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new Error(`could not install ${packages.join(', ')}; try it by hand: ${command}\n${error.message}`, {
      cause: error,
    });
  }
}
