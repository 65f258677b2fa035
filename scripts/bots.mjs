// `npm run bots -- --room lobby --count 12`: fills a room of a running Parley with talking participants.
import { bootstrap } from './bootstrap.mjs';
import { becomeProgram } from './program.mjs';
import { fail, StepError } from './progress.mjs';

try {
  const { hasPackages } = await bootstrap({ packages: ['chromium'] });
  if (!hasPackages) throw new StepError('bots are real browsers: they need Chromium, see above.');
  becomeProgram('web-client/e2e/bots/bots.ts', process.argv.slice(2));
} catch (error) {
  fail(error);
}
