import { deepEqual, doesNotThrow, equal, ok, throws } from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { BlockList } from 'node:net';
import { test } from 'node:test';
import { inRoot } from '../../scripts/paths.mjs';
import { type Compose, compose, plainCompose, type Service, serversOf, variables } from './compose.ts';
import { exampleEnv, filledEnv } from './example-env.ts';
import { composeSchemaProblems } from './schemas.ts';
import { configOf, type ServerName, settingsOf } from './settings.ts';

const secretOf = (name: string): string => createHash('sha256').update(name).digest('hex');
const ENV = filledEnv(secretOf);
const SERVERS: ServerName[] = ['signaling', 'sfu'];

const environmentOf = ({ environment = {} }: Service) => environment;
const everyServer = (of: Compose) =>
  SERVERS.flatMap((kind) => serversOf(of, kind).map(([name, service]) => ({ kind, name, service })));
const listOf = (range: string): BlockList => {
  const [net = '', prefix] = range.split('/');
  const list = new BlockList();
  list.addSubnet(net, Number(prefix));
  return list;
};
const seconds = (duration: string | undefined): number => Number(/^(\d+)s$/.exec(duration ?? '')?.[1]);

test('docker-compose.yml is what the Compose specification says', () => {
  deepEqual(composeSchemaProblems(compose(ENV)), []);
  ok(composeSchemaProblems({ services: { nginx: { imago: 'nginx' } } }).length > 0, 'the schema refuses what is wrong');
});

test('it has two signaling and two SFU nodes, and what they need beside them', () => {
  const { services } = compose(ENV);
  equal(serversOf(compose(ENV), 'signaling').length, 2);
  equal(serversOf(compose(ENV), 'sfu').length, 2);
  for (const name of ['nginx', 'coturn', 'redis', 'prometheus', 'grafana']) ok(services[name], name);
});

test('it names only settings that the servers have, and they start with them', () => {
  for (const { kind, name, service } of everyServer(compose(ENV))) {
    const known = settingsOf(kind);
    const strange = Object.keys(environmentOf(service)).filter((setting) => !known.has(setting));
    deepEqual(strange, [], name);
    doesNotThrow(() => configOf(kind, environmentOf(service)), name);
  }
});

test('it refuses to start while anything that .env.example leaves open is empty', () => {
  const { given } = exampleEnv();
  const open = [...given].filter(([, value]) => value === '').map(([name]) => name);
  ok(open.length > 4);
  for (const name of open) {
    throws(() => compose({ ...ENV, [name]: '' }), new RegExp(`${name} is missing a value: set it`), name);
  }
});

test('.env.example has every variable, and no other: what is needed is empty, the rest has a default', () => {
  const { given, optional } = exampleEnv();
  const named = (isNeeded: boolean) =>
    new Set([...variables()].filter(([, it]) => it.isNeeded === isNeeded).map(([name]) => name));
  deepEqual(new Set(given.keys()), named(true));
  deepEqual(optional, named(false));
});

test('a secret that others know, or that is used twice, starts no server', () => {
  for (const name of ['SESSION_SECRET', 'CONTROL_SECRET', 'ADMIN_KEY', 'TURN_SECRET']) {
    for (const bad of ['short', 'changeme-changeme-changeme', ENV.SESSION_SECRET ?? '']) {
      if (bad === ENV[name]) continue;
      const [signaling] = serversOf(compose({ ...ENV, [name]: bad }), 'signaling');
      throws(() => configOf('signaling', environmentOf(signaling?.[1] ?? {})), new RegExp(name), `${name}=${bad}`);
    }
  }
});

test('every node has a name and an address of its own', () => {
  for (const [kind, setting] of [
    ['signaling', 'NODE_URL'],
    ['sfu', 'CONTROL_URL'],
  ] as const) {
    for (const [name, service] of serversOf(compose(ENV), kind)) {
      const { NODE_ID, PORT, [setting]: url } = environmentOf(service);
      deepEqual([NODE_ID, url], [name, `http://${name}:${PORT}`]);
    }
  }
});

test('TURN is given only settings that its entrypoint reads, and the secret that signaling has', () => {
  const entrypoint = readFileSync(inRoot('turn/entrypoint.sh'), 'utf8');
  const [[, turn] = []] = serversOf(compose(ENV), 'turn');
  ok(turn);
  for (const name of Object.keys(environmentOf(turn))) ok(entrypoint.includes(`${name}=\${${name}:-`), name);
  for (const [, service] of serversOf(compose(ENV), 'signaling')) {
    const { TURN_SECRET, TURN_SERVERS } = environmentOf(service);
    equal(TURN_SECRET, environmentOf(turn).TURN_SECRET);
    equal(TURN_SERVERS, 'turn:talk.parley.test,turns:talk.parley.test:5349');
  }
});

test('a node that drains is given more time than it takes', () => {
  for (const { kind, name, service } of everyServer(compose(ENV))) {
    const drain = Number(environmentOf(service)[kind === 'sfu' ? 'DRAIN_DEADLINE_MS' : 'DRAIN_MS']);
    ok(seconds(service.stop_grace_period) * 1000 >= drain + 5_000, `${name}: ${service.stop_grace_period}`);
  }
});

test('each worker of an SFU node has its port open, UDP and TCP, and no two nodes share one', () => {
  const taken = new Set<string>();
  for (const [name, { ports = [], environment = {} }] of serversOf(compose({ ...ENV, SFU_WORKERS: '8' }), 'sfu')) {
    const open = new Set<string>();
    for (const published of ports) {
      const [, first, last, inner, , protocol] = /^(\d+)-(\d+):(\d+)-(\d+)\/(\w+)$/.exec(published) ?? [];
      equal(first, inner, 'browsers are told the port inside');
      for (let port = Number(first); port <= Number(last); port += 1) open.add(`${port}/${protocol}`);
    }
    for (let worker = 0; worker < Number(environment.WORKERS); worker += 1) {
      for (const protocol of ['udp', 'tcp']) {
        const port = `${Number(environment.RTC_PORT) + worker}/${protocol}`;
        ok(open.has(port), `${name} does not publish ${port}`);
      }
    }
    for (const port of open) {
      ok(!taken.has(port), `${port} is taken twice`);
      taken.add(port);
    }
  }
});

test('nginx knows every signaling node, asks it again however often it failed, and is believed what it says of clients', () => {
  const { services } = plainCompose();
  const { networks } = compose(ENV).services.nginx as { networks: { parley: { ipv4_address: string } } };
  const servers = compose(ENV).services.nginx?.environment?.SIGNALING_SERVERS ?? '';
  for (const [name, service] of serversOf(compose(ENV), 'signaling')) {
    const own = (service as { networks: { parley: { ipv4_address: string } } }).networks.parley.ipv4_address;
    const { PORT, TRUSTED_PROXIES } = environmentOf(service);
    ok(servers.includes(`server ${own}:${PORT} max_fails=0;`), name);
    equal(TRUSTED_PROXIES, networks.parley.ipv4_address);
    ok(Object.keys(services.nginx?.depends_on ?? {}).includes(name));
  }
});

test('no address that a service has of its own is given to another while it is away', () => {
  const { networks, services } = compose(ENV) as Compose & {
    networks: { parley: { ipam: { config: { subnet: string; ip_range: string }[] } } };
  };
  const [given] = networks.parley.ipam.config;
  ok(given);
  const own = Object.values(services).flatMap((service) => {
    const { networks: of } = service as { networks?: { parley?: { ipv4_address?: string } } | string[] };
    return Array.isArray(of) ? [] : (of?.parley?.ipv4_address ?? []);
  });
  equal(own.length, 3);
  for (const address of own) {
    ok(listOf(given.subnet).check(address), address);
    ok(!listOf(given.ip_range).check(address), address);
  }
});

test('what is mounted from the repository is there', () => {
  for (const [name, { volumes = [] }] of Object.entries(plainCompose().services)) {
    for (const [source = ''] of volumes.map((volume) => volume.split(':'))) {
      if (source.startsWith('./')) ok(existsSync(inRoot(source)), `${name} mounts ${source}`);
    }
  }
});
