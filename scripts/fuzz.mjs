// `npm run fuzz -- --messages 100000 --seed 1`: attacks a server with messages made from the schemas of the requests.
import { bootstrap } from './bootstrap.mjs';
import { becomeProgram } from './program.mjs';
import { fail } from './progress.mjs';

try {
  await bootstrap({});
  becomeProgram('signaling/src/fuzz/main.ts', process.argv.slice(2));
} catch (error) {
  fail(error);
}
