// `npm run bench:NAME`: does what is missing, then runs bench/NAME.ts with the rest of the arguments.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { bootstrap } from './bootstrap.mjs';
import { inRoot, nodeBin, root } from './paths.mjs';
import { fail, StepError } from './progress.mjs';

const [name = '', ...rest] = process.argv.slice(2);
const file = inRoot(`bench/${name}.ts`);
try {
  if (!/^[\w-]+$/.test(name) || !existsSync(file)) throw new StepError(`there is no bench "${name}"`);
  const { worker, hasPackages } = await bootstrap({ worker: true, build: true, packages: ['chromium'] });
  if (!hasPackages) throw new StepError('the bench needs Chromium, see above.');
  const env = { ...process.env, MEDIASOUP_WORKER_BIN: worker };
  const args = ['--disable-warning=ExperimentalWarning', file, ...rest];
  const child = spawn(nodeBin, args, { cwd: root, env, stdio: 'inherit' });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => child.kill(signal));
  child.once('exit', (code) => process.exit(code ?? 1));
} catch (error) {
  fail(error);
}
