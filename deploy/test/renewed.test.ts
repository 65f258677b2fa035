import { deepEqual, equal, match } from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { run } from '../../scripts/command.mjs';
import { inDeploy } from './checkers.ts';

const DEADLINE_MS = 10_000;

/** A certificate as certbot leaves it, and programs that only say how they were called. */
async function renewal(t: TestContext, args: string[], { hasTurn = true } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'parley-renewed-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  for (const name of ['archive', 'live', 'tls', 'bin']) await mkdir(join(folder, name));
  for (const name of ['fullchain', 'privkey']) {
    await writeFile(join(folder, `archive/${name}2.pem`), `new ${name}`, { mode: name === 'privkey' ? 0o600 : 0o644 });
    await symlink(`../archive/${name}2.pem`, join(folder, `live/${name}.pem`));
    await writeFile(join(folder, `tls/${name}.pem`), `old ${name}`);
  }
  for (const name of ['systemctl', 'docker']) {
    const answer = `[ "$1" != is-active ] || exit ${hasTurn ? 0 : 3}`;
    await writeFile(join(folder, 'bin', name), `#!/bin/sh\n${answer}\necho ${name} "$@"\n`);
    await chmod(join(folder, 'bin', name), 0o755);
  }
  const env = { ...process.env, PATH: `${folder}/bin:${process.env.PATH}`, RENEWED_LINEAGE: join(folder, 'live') };
  const { code, output } = await run(inDeploy('tls/renewed.sh'), [join(folder, 'tls'), ...args], {
    env,
    deadlineMs: DEADLINE_MS,
  });
  return { code, output: output.trim(), tls: join(folder, 'tls') };
}

test('a renewed certificate takes the place of the old one, for its group to read, and nginx and TURN are told', async (t) => {
  for (const [how, said] of [
    ['nginx', ['systemctl reload nginx', 'systemctl kill --signal USR2 parley-turn']],
    ['compose', ['HUP nginx', 'USR2 coturn'].map((it) => `docker compose --project-name parley kill --signal ${it}`)],
  ] as const) {
    const { code, output, tls } = await renewal(t, [how]);
    deepEqual([code, output], [0, said.join('\n')]);
    deepEqual((await readdir(tls)).sort(), ['fullchain.pem', 'privkey.pem']);
    equal(await readFile(join(tls, 'privkey.pem'), 'utf8'), 'new privkey');
    equal(await readFile(join(tls, 'fullchain.pem'), 'utf8'), 'new fullchain');
    const { mode, gid } = await stat(join(tls, 'privkey.pem'));
    deepEqual([mode & 0o777, gid], [0o640, (await stat(tls)).gid]);
  }
});

test('where TURN does not run, nginx alone is told', async (t) => {
  const { code, output } = await renewal(t, ['nginx'], { hasTurn: false });
  deepEqual([code, output], [0, 'systemctl reload nginx']);
});

test('what it is not told is named', async (t) => {
  const { code, output } = await renewal(t, []);
  equal(code === 0, false);
  match(output, /nginx .* or compose/);
});
