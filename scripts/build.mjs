// What browsers load: the SDK's bundle and the demo. Built only when an input has changed.
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { runOrFail } from './command.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { inRoot, nodeBin, root } from './paths.mjs';
import { fail, step } from './progress.mjs';
import { fingerprint, isStamped, writeStamp } from './stamp.mjs';

const DEADLINE_MS = 3 * 60_000;
const COMMON = ['package-lock.json', 'tsconfig.json'];

/** In building order: the demo contains the SDK. */
const TARGETS = [
  {
    title: 'Building the SDK',
    inputs: ['shared', 'web-client/sdk', ...COMMON],
    result: 'web-client/sdk/dist/parley-voice.js',
    stamp: 'node_modules/.parley-sdk',
    args: ['web-client/sdk/build.ts'],
    cwd: root,
  },
  {
    title: 'Building the demo',
    inputs: ['shared', 'web-client/sdk', 'web-client/demo', ...COMMON],
    result: 'web-client/demo/dist/index.html',
    stamp: 'node_modules/.parley-demo',
    args: [inRoot('node_modules/vite/bin/vite.js'), 'build', '--logLevel', 'warn'],
    cwd: inRoot('web-client/demo'),
  },
];

/**
 * Builds what is missing or out of date.
 * @param {{ only?: 'sdk' }} [options]
 */
export async function ensureBuild({ only } = {}) {
  for (const { title, inputs, result, stamp, args, cwd } of only === 'sdk' ? TARGETS.slice(0, 1) : TARGETS) {
    const value = fingerprint(inputs.map(inRoot));
    if (existsSync(inRoot(result)) && isStamped(inRoot(stamp), value)) continue;
    const env = { ...process.env, NODE_ENV: 'production' };
    await step(title, () => runOrFail(nodeBin, args, { what: title, cwd, env, deadlineMs: DEADLINE_MS }));
    writeStamp(inRoot(stamp), value);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await ensureDependencies()
    .then(() => ensureBuild())
    .catch(fail);
}
