import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { DockerfileParser, From } from 'dockerfile-ast';
import { validate } from 'dockerfile-utils';
import { inRoot } from '../../scripts/paths.mjs';
import { read } from './expressions.ts';
import { find, type Workload } from './kubernetes.ts';

const text = read('docker/Dockerfile');
const dockerfile = DockerfileParser.parse(text);
/** Each stage: its name, and its instructions as keyword and arguments. */
const stages = dockerfile
  .getInstructions()
  .reduce<{ name: string; base: string; steps: [string, string][] }[]>((all, instruction) => {
    if (instruction instanceof From) {
      all.push({ name: instruction.getBuildStage() ?? '', base: instruction.getImage() ?? '', steps: [] });
    } else {
      all
        .at(-1)
        ?.steps.push([instruction.getKeyword(), instruction.toString().slice(instruction.getKeyword().length).trim()]);
    }
    return all;
  }, []);
const stage = (name: string) => {
  const found = stages.find((one) => one.name === name);
  ok(found, `there is no stage ${name}`);
  return found;
};

test('the Dockerfile is one', () => {
  deepEqual(
    validate(text).map(({ message, range }) => `line ${range.start.line + 1}: ${message}`),
    [],
  );
});

test('both servers run as nobody in particular, get signals themselves, and say how they are', () => {
  for (const name of ['signaling', 'sfu']) {
    const { steps } = stage(name);
    const last = (keyword: string) => steps.findLast(([it]) => it === keyword)?.[1] ?? '';
    equal(last('USER'), 'node');
    const [program, ...args] = JSON.parse(last('CMD')) as string[];
    equal(program, 'node');
    ok(existsSync(inRoot(args.at(-1) ?? '')), `${args.at(-1)} is there`);
    ok(last('HEALTHCHECK').includes('/health'));
  }
});

test('TURN is the same user in every image, the one that Kubernetes is told', () => {
  const { steps } = stage('turn');
  const install = steps.find(([keyword, args]) => keyword === 'RUN' && args.includes('coturn'))?.[1] ?? '';
  const { securityContext } = find<Workload>('DaemonSet', 'turn').spec.template.spec;
  equal(/useradd .*--uid (\d+)/.exec(install)?.[1], String(securityContext?.runAsUser));
  equal(/groupadd .*--gid (\d+)/.exec(install)?.[1], String(securityContext?.fsGroup));
  ok(install.indexOf('useradd') < install.indexOf('apt-get install'), 'before the package makes one');
});

test('TURN is never the first process of a container, whom SIGTERM passes by', () => {
  const { steps } = stage('turn');
  deepEqual(JSON.parse(steps.findLast(([keyword]) => keyword === 'ENTRYPOINT')?.[1] ?? ''), [
    'tini',
    '-e',
    '143',
    '--',
  ]);
  ok(steps.some(([keyword, args]) => keyword === 'RUN' && /install .*\btini\b/.test(args)));
});

test('nothing that only building takes is in what runs', () => {
  for (const name of ['signaling', 'sfu']) equal(stage(name).base, 'server');
  match(stage('server').base, /-slim$/);
});

/** A script and all that it imports from beside it. */
function withImports(path: string, all = new Set<string>()): Set<string> {
  if (all.has(path)) return all;
  all.add(path);
  for (const [, name] of readFileSync(inRoot(path), 'utf8').matchAll(/(?:from|import\() ?'\.\/([\w-]+\.mjs)'/g)) {
    withImports(`scripts/${name}`, all);
  }
  return all;
}

test('what installs is copied whole, and nothing besides that would have everything installed again', () => {
  const [, copied = ''] = stage('workshop').steps.find(([, args]) => args.startsWith('scripts/')) ?? [];
  deepEqual(new Set(copied.split(/\s+/).slice(0, -1)), withImports('scripts/dependencies.mjs'));
});

test('what is copied from the repository is there, every workspace in time for npm', () => {
  const copied = stages.flatMap(({ steps }) =>
    steps.flatMap(([keyword, args]) =>
      keyword === 'COPY' && !args.startsWith('--from') ? args.split(/\s+/).slice(0, -1) : [],
    ),
  );
  for (const path of copied) ok(existsSync(inRoot(path)), path);
  const { workspaces } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8')) as { workspaces: string[] };
  const early = stage('workshop').steps.map(([, args]) => args.split(/\s+/)[0]);
  for (const workspace of workspaces) ok(early.includes(`${workspace}/package.json`), workspace);
});
