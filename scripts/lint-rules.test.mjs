// The lint rules of biome.json hold what they promise: each violation below is found, each good import is not.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { inRoot } from './paths.mjs';

const IMPORT = 'lint/style/noRestrictedImports';
const ENV = 'lint/style/noProcessEnv';
const FLOATING = 'lint/nursery/noFloatingPromises';

/** @param {string} specifier */
const importing = (specifier) => `import { x } from '${specifier}';\nexport const y = x;\n`;
const readingEnv = 'export const port = process.env.PORT;\n';
const floating = 'async function f() {}\nf();\n';

/** Where, what it imports, the rule that must object. @type {[path: string, specifier: string, rule?: string][]} */
const IMPORTS = [
  ['shared/src/a.ts', '@parley/sfu-server', IMPORT],
  ['shared/src/a.ts', '../../signaling/src/config.ts', IMPORT],
  ['shared/src/a.ts', '../media/id.ts'],
  ['signaling/src/a.ts', '@parley/sfu-server', IMPORT],
  ['signaling/src/a.ts', '../../sfu-server/src/config.ts', IMPORT],
  ['signaling/src/a.ts', '../../shared/src/protocol/index.ts', IMPORT],
  ['signaling/src/a.ts', '@parley/voice-sdk', IMPORT],
  ['signaling/src/a.ts', '@parley/shared/protocol'],
  ['signaling/src/socket/a.ts', 'socket.io'],
  ['signaling/src/requests/a.ts', 'socket.io', IMPORT],
  ['signaling/src/requests/a.ts', '../socket/server.ts', IMPORT],
  ['signaling/src/requests/a.ts', '../rooms/room.ts'],
  ['signaling/src/rooms/a.ts', 'socket.io', IMPORT],
  ['signaling/src/rooms/a.ts', 'mediasoup', IMPORT],
  ['signaling/src/rooms/a.ts', 'node:fs', IMPORT],
  ['signaling/src/rooms/a.ts', '../requests/join.ts', IMPORT],
  ['signaling/src/rooms/a.ts', '../socket/server.ts', IMPORT],
  ['signaling/src/rooms/a.ts', '@parley/shared/runtime'],
  ['sfu-server/src/a.ts', '@parley/signaling', IMPORT],
  ['sfu-server/src/rooms/a.ts', 'socket.io', IMPORT],
  ['sfu-server/src/rooms/a.ts', 'mediasoup', IMPORT],
  ['sfu-server/src/peers/a.ts', 'mediasoup', IMPORT],
  ['sfu-server/src/workers/a.ts', 'mediasoup'],
  ['sfu-server/src/rooms/a.ts', '../control/server.ts', IMPORT],
  ['sfu-server/src/rooms/a.ts', '../peers/peer.ts'],
  ['web-client/sdk/src/a.ts', '@parley/signaling', IMPORT],
  ['web-client/sdk/src/a.ts', '@parley/shared/protocol'],
  ['web-client/sdk/src/a.ts', './signaling/connection.ts'],
  ['web-client/demo/src/a.ts', '@parley/shared/protocol', IMPORT],
  ['web-client/demo/src/a.ts', '../../sdk/src/voice-client.ts', IMPORT],
  ['web-client/demo/src/a.ts', '@parley/voice-sdk'],
  ['web-client/demo/src/a.ts', '@parley/shared/operations'],
  ['web-client/e2e/a.ts', '../../signaling/src/config.ts', IMPORT],
  ['web-client/e2e/a.ts', '@parley/voice-sdk'],
  ['bench/a.ts', '@parley/signaling', IMPORT],
  ['bench/a.ts', '@parley/shared/runtime'],
  ['scripts/a.mjs', 'socket.io-client', IMPORT],
  ['scripts/a.mjs', 'node:fs'],
  ['scripts/a.mjs', './paths.mjs'],
];

const CASES = [
  ...IMPORTS.map(([path, specifier, rule]) => ({
    title: `${path} ${rule ? 'may not' : 'may'} import ${specifier}`,
    path,
    code: importing(specifier),
    rule,
  })),
  ...['signaling', 'sfu-server'].flatMap((server) => [
    { title: `${server}: only main.ts reads the environment`, path: `${server}/src/a.ts`, code: readingEnv, rule: ENV },
    { title: `${server}: main.ts may read it`, path: `${server}/src/main.ts`, code: readingEnv, rule: undefined },
  ]),
  { title: 'a promise nobody waits for is refused', path: 'signaling/src/a.ts', code: floating, rule: FLOATING },
];

const folder = mkdtempSync(join(tmpdir(), 'parley-lint-'));
after(() => rmSync(folder, { recursive: true, force: true }));
/** The folder to lint holds each case under a name of its own: a case's number takes the place of `a`. @param {string} path @param {number} index */
const numbered = (path, index) => path.replace(/\/a\.(\w+)$/, `/a${index}.$1`);

copyFileSync(inRoot('biome.json'), join(folder, 'biome.json'));
for (const [index, { path, code }] of CASES.entries()) {
  const file = join(folder, numbered(path, index));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, code);
}
const { stdout, stderr } = spawnSync(
  inRoot('node_modules/.bin/biome'),
  ['lint', '.', '--vcs-enabled=false', '--reporter=json', '--max-diagnostics=500'],
  { cwd: folder, encoding: 'utf8', timeout: 30_000 },
);

/** @type {{ category: string, location: { path: string | { file: string } } }[]} */
const diagnostics = (() => {
  try {
    return JSON.parse(stdout).diagnostics;
  } catch {
    throw new Error(`biome did not answer with JSON: ${stderr}${stdout}`);
  }
})();

for (const [index, { title, path, rule }] of CASES.entries()) {
  test(title, () => {
    const found = diagnostics.filter(({ category, location }) => {
      const at = typeof location.path === 'string' ? location.path : location.path.file;
      return at.endsWith(numbered(path, index)) && [IMPORT, ENV, FLOATING].includes(category);
    });
    assert.deepEqual([...new Set(found.map(({ category }) => category))], rule ? [rule] : []);
  });
}
