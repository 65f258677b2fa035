// `npm run bench:NAME`: does what is missing, then runs bench/NAME.ts with the rest of the arguments.
import { existsSync } from 'node:fs';
import { bootstrap } from './bootstrap.mjs';
import { inRoot } from './paths.mjs';
import { becomeProgram } from './program.mjs';
import { fail, StepError } from './progress.mjs';

/** What a bench needs beside the dependencies. @type {Map<string, Parameters<typeof bootstrap>[0]>} */
const NEEDS = new Map(
  /** @type {[string, Parameters<typeof bootstrap>[0]][]} */ ([
    ['handover', { worker: true, build: true, packages: ['chromium'] }],
    ['churn', { worker: true }],
    ['faults', { worker: true, build: true, packages: ['chromium'] }],
    ['sfu', { worker: true, wishes: ['janus'] }],
    ['loss', { worker: true, build: true, packages: ['chromium'] }],
    ['match', { packages: ['redis-server'] }],
  ]),
);

const [name = '', ...rest] = process.argv.slice(2);
try {
  const file = `bench/${name}.ts`;
  if (!/^[\w-]+$/.test(name) || !existsSync(inRoot(file))) throw new StepError(`there is no bench "${name}"`);
  const { worker, hasPackages } = await bootstrap(NEEDS.get(name) ?? {});
  if (!hasPackages) throw new StepError('the bench needs what is missing, see above.');
  becomeProgram(file, rest, worker === undefined ? {} : { MEDIASOUP_WORKER_BIN: worker });
} catch (error) {
  fail(error);
}
