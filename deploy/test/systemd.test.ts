import { deepEqual, equal, ok } from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { inRoot, root } from '../../scripts/paths.mjs';
import { check, without } from './checkers.ts';
import { read } from './expressions.ts';
import { configOf, FOREIGN_SETTINGS, type ServerName, settingsOf } from './settings.ts';

const skip = without('systemd');
const PORTS: Record<ServerName, string> = { signaling: '3001', sfu: '4000' };
const KINDS = Object.keys(PORTS) as ServerName[];

const unitOf = (kind: ServerName): string => read(`systemd/parley-${kind}@.service`);

/** Values of a setting of a unit, in order. */
const valuesOf = (unit: string, name: string): string[] =>
  [...unit.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value = '']) => value);

const lines = (text: string): [string, string][] =>
  [...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value.replace(/^'(.*)'$/, '$1')]);

/** What an operator fills in where anything will not do. */
const FILLED_IN: Readonly<Record<string, string>> = {
  RTC_ANNOUNCED_ADDRESS: '192.0.2.1',
  TURN_SERVERS: 'turn:talk.example.org,turns:talk.example.org:5349',
};

/** The environment a unit gives its server, once the operator has filled in what is open. */
function environmentOf(kind: ServerName): Record<string, string> {
  const own = valuesOf(unitOf(kind), 'Environment').flatMap((value) => lines(value.split(' ').join('\n')));
  const file = lines(read(`systemd/${kind}.env.example`)).map(([name, value]): [string, string] => [
    name,
    value || (FILLED_IN[name] ?? `a-${name}-of-this-test`),
  ]);
  return Object.fromEntries(
    [...own, ...file].map(([name, value]) => [name, value.replaceAll('%i', PORTS[kind]).replaceAll('%H', 'host')]),
  );
}

test('systemd takes the units', { skip }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-units-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, 'etc'));
  for (const kind of KINDS) {
    const path = join(folder, `parley-${kind}@${PORTS[kind]}.service`);
    // Where they are installed there is a Parley, and its settings.
    await writeFile(path, unitOf(kind).replaceAll('/opt/parley', root).replaceAll('/etc/parley', join(folder, 'etc')));
    equal((await check('systemd', 'verify', '--man=no', path)).trim(), '', kind);
  }
  const turn = join(folder, 'parley-turn.service');
  await writeFile(turn, read('systemd/parley-turn.service').replaceAll('/opt/parley', root));
  equal((await check('systemd', 'verify', '--man=no', turn)).trim(), '', 'turn');
});

test('units and their files name only settings that the servers have, and they start with them', () => {
  for (const kind of KINDS) {
    const environment = environmentOf(kind);
    const known = settingsOf(kind);
    const strange = Object.keys(environment).filter((name) => !known.has(name) && !FOREIGN_SETTINGS.has(name));
    deepEqual(strange, [], kind);
    configOf(kind, environment);
  }
});

test('a node that drains is given more time than it takes, and its workers are left alone meanwhile', () => {
  for (const kind of KINDS) {
    const drain = Number(environmentOf(kind)[kind === 'sfu' ? 'DRAIN_DEADLINE_MS' : 'DRAIN_MS']);
    const unit = unitOf(kind);
    ok(Number(valuesOf(unit, 'TimeoutStopSec')[0]) * 1000 >= drain + 5_000, kind);
    deepEqual([valuesOf(unit, 'KillSignal'), valuesOf(unit, 'KillMode')], [['SIGTERM'], ['mixed']]);
  }
});

test('what the units start is there', () => {
  for (const kind of KINDS) {
    const entry = valuesOf(unitOf(kind), 'ExecStart')[0]?.split(' ').at(-1) ?? '';
    ok(existsSync(inRoot(entry)), entry);
  }
});

test('a node that runs keeps to the release it was started from: what it reads later it does not find by /opt/parley', () => {
  for (const kind of KINDS) {
    deepEqual(
      Object.entries(environmentOf(kind)).filter(([, value]) => value.includes('/opt/parley')),
      [],
      kind,
    );
  }
});

test('no example is taken for a value of the operator: what has to be theirs is empty', () => {
  for (const name of ['signaling', 'sfu', 'turn']) {
    deepEqual(
      lines(read(`systemd/${name}.env.example`)).filter(([, value]) => /example|198\.51\.100/.test(value)),
      [],
      name,
    );
  }
});

test('what a wrong setting ends is not started again and again', () => {
  for (const unit of [...KINDS.map(unitOf), read('systemd/parley-turn.service')]) {
    deepEqual([valuesOf(unit, 'Restart'), valuesOf(unit, 'RestartPreventExitStatus')], [['always'], ['64']]);
  }
});

test('the kernel keeps the media ports free, and has every knob that is turned', () => {
  const settings = [...read('sysctl/90-parley.conf').matchAll(/^(-?)([\w.]+) = (.*)$/gm)];
  ok(settings.length > 5);
  for (const [, optional, name = ''] of settings) {
    const path = `/proc/sys/${name.replaceAll('.', '/')}`;
    // Some namespaces hide knobs of the whole machine.
    if (!optional && existsSync('/proc/sys/net/ipv4')) ok(existsSync(path) || name.startsWith('net.core.'), path);
  }
  const reserved = settings.find(([, , name]) => name === 'net.ipv4.ip_local_reserved_ports')?.[3] ?? '';
  const ranges = reserved.split(',').map((range) => range.split('-').map(Number));
  const { RTC_PORT, PIPE_PORTS = '' } = environmentOf('sfu');
  for (const port of [Number(RTC_PORT), ...PIPE_PORTS.split('-').map(Number)]) {
    ok(
      ranges.some(([first = 0, last = first]) => first <= port && port <= last),
      `${port} is not in ${reserved}`,
    );
  }
});
