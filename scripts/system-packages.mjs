// Programs that tests and bots need from the operating system: installed where we may, else said in one line.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run } from './command.mjs';
import { StepError, say, step } from './progress.mjs';

const DEADLINE_MS = 10 * 60_000;
const SERVICE_DEADLINE_MS = 30_000;

/** Debian package -> the program that shows it is there, and where its path may be given instead. */
const PACKAGES = {
  chromium: { program: 'chromium', variable: 'CHROMIUM_PATH' },
  'redis-server': { program: 'redis-server', variable: 'REDIS_SERVER_PATH' },
  postgresql: { program: 'initdb', variable: 'INITDB_PATH' },
  janus: { program: 'janus', variable: 'JANUS_PATH' },
  'nginx-light': { program: 'nginx', variable: 'NGINX_PATH' },
  prometheus: { program: 'promtool', variable: 'PROMTOOL_PATH' },
  coturn: { program: 'turnserver', variable: 'TURNSERVER_PATH' },
  openssl: { program: 'openssl', variable: 'OPENSSL_PATH' },
  systemd: { program: 'systemd-analyze', variable: 'SYSTEMD_ANALYZE_PATH' },
};
/** Debian keeps what belongs to one version of PostgreSQL outside PATH. */
const POSTGRESQL = '/usr/lib/postgresql';
/** Where a package starts a service of its own, which nobody asked for. */
const SERVICES = {
  'redis-server': 'redis-server.service',
  postgresql: 'postgresql.service',
  janus: 'janus.service',
  'nginx-light': 'nginx.service',
  prometheus: 'prometheus.service',
  coturn: 'coturn.service',
};

/** @typedef {keyof typeof PACKAGES} SystemPackage */

/** The path of an executable, from its variable or PATH. @param {SystemPackage} name */
export function findProgram(name) {
  const { program, variable } = PACKAGES[name];
  const given = process.env[variable];
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/local/bin', '/usr/sbin'];
  if (name === 'postgresql') folders.push(...postgresqlFolders());
  for (const path of given ? [given] : folders.map((folder) => join(folder, program))) {
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not there.
    }
  }
  return undefined;
}

function postgresqlFolders() {
  try {
    return readdirSync(POSTGRESQL).map((version) => join(POSTGRESQL, version, 'bin'));
  } catch {
    return [];
  }
}

/** How to become root without asking a person anything; undefined if that is not possible. */
function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  return spawnSync('sudo', ['-n', 'true'], { timeout: 10_000 }).status === 0 ? ['sudo', '-n'] : undefined;
}

/** @param {string[]} prefix @param {string[]} args */
function aptGet(prefix, args) {
  const command = [
    ...prefix,
    'env',
    'DEBIAN_FRONTEND=noninteractive',
    'apt-get',
    '-qq',
    '-o',
    'DPkg::Lock::Timeout=120',
  ];
  const [first = '', ...rest] = [...command, ...args];
  return run(first, rest, { deadlineMs: DEADLINE_MS });
}

/** Tests start what they need themselves, on free ports. @param {string[]} prefix @param {string} service */
async function withoutService(prefix, service) {
  const [first = '', ...rest] = [...prefix, 'systemctl', 'disable', '--now', service];
  // Where there is no systemd, there is no service either.
  await run(first, rest, { deadlineMs: SERVICE_DEADLINE_MS });
}

/**
 * Installs what is missing, with apt, as root or by passwordless sudo.
 * @param {SystemPackage[]} names
 * @returns {Promise<boolean>} whether all of them are there now
 */
export async function ensureSystemPackages(names) {
  const missing = names.filter((name) => !findProgram(name));
  if (missing.length === 0) return true;
  const byHand = `install it yourself: sudo apt-get install ${missing.join(' ')}`;
  const hasApt = spawnSync('apt-get', ['--version'], { timeout: 10_000 }).status === 0;
  const prefix = hasApt ? rootPrefix() : undefined;
  if (!prefix) {
    say(
      `! ${missing.join(', ')} missing, and ${hasApt ? 'neither root nor passwordless sudo' : 'no apt-get here'}; ${byHand}`,
    );
    return false;
  }
  try {
    await step(`Installing ${missing.join(', ')}`, async () => {
      await aptGet(prefix, ['update']);
      const { code, output } = await aptGet(prefix, ['install', '-y', '--no-install-recommends', ...missing]);
      for (const [name, service] of Object.entries(SERVICES)) {
        if (missing.some((it) => it === name)) await withoutService(prefix, service);
      }
      const left = missing.filter((name) => !findProgram(name));
      const reason = output.trim().split('\n').at(-1) ?? '';
      if (left.length > 0) throw new StepError(`could not install ${left.join(', ')} (exit code ${code}: ${reason})`);
    });
    return true;
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    say(`! ${error.message}; ${byHand}`);
  }
  return false;
}
