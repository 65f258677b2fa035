// `npm start`: does all that is missing, then runs Parley on this machine. `--dev`: with Vite and restarts on change.
// `--lan`: over https, for the devices of this network.
import { bootstrap } from './bootstrap.mjs';
import { startDevServer } from './dev-server.mjs';
import { lanInWords, lanSettings, readLan, serveLan } from './lan.mjs';
import { whenOrphaned } from './orphan.mjs';
import { startPlatform } from './platform.mjs';
import { freePort, requireFree, waitForHttp } from './ports.mjs';
import { fail, StepError, say } from './progress.mjs';

const STOP_DEADLINE_MS = 5_000;
const dev = process.argv.includes('--dev');
const port = readPort();

/** @type {Set<{ name: string, exited: Promise<string>, stop: (deadlineMs: number) => Promise<void> }>} */
const running = new Set();
let ending = false;

function readPort() {
  const given = process.env.PORT || '3000';
  const value = Number(given);
  if (Number.isInteger(value) && value > 0 && value < 65_535) return value;
  return fail(new StepError(`PORT should be a number from 1 to 65534, not "${given}".`));
}

/** @param {number} code */
async function end(code) {
  if (ending) return;
  ending = true;
  // The one people talk to first: its calls end with a word, not with a dead media server.
  for (const child of [...running].reverse()) await child.stop(STOP_DEADLINE_MS);
  process.exit(code);
}

/** @param {{ name: string, exited: Promise<string>, stop: (deadlineMs: number) => Promise<void> }} child */
function watchOver(child) {
  running.add(child);
  if (ending) void child.stop(STOP_DEADLINE_MS);
  void child.exited.then((how) => {
    running.delete(child);
    if (ending) return;
    say(`\nParley: ${child.name} has ended (${how}); stopping. Run with LOG_LEVEL=info to see more.`);
    void end(1);
  });
}

for (const name of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(name, () => void end(0));
whenOrphaned(() => void end(1));

try {
  const lan = readLan(process.argv.slice(2));
  const command = dev ? 'npm run dev' : lan ? 'npm start -- --lan' : 'npm start';
  /** In dev mode Vite has the port people open, in a network TLS has; both hand on to signaling. */
  const signalingPort = dev ? port + 1 : lan ? await freePort() : port;
  await requireFree(port, command);
  if (dev) await requireFree(signalingPort, command);
  const { worker } = await bootstrap({ worker: true, build: dev ? 'sdk' : true });
  if (!ending) {
    const settings = lan && lanSettings(lan.address);
    await startPlatform({ port: signalingPort, worker: worker ?? '', watch: dev, settings, onStart: watchOver });
    if (lan) await serveLan({ address: lan.address, port, to: signalingPort });
    if (dev) await startDevServer({ port, signaling: `http://127.0.0.1:${signalingPort}`, onStart: watchOver });
    await waitForHttp(`http://127.0.0.1:${signalingPort}/health`, 10_000);
    if (dev) await waitForHttp(`http://localhost:${port}/`, 30_000);
    if (!ending && lan) say(`\n${lanInWords(`https://${lan.address}:${port}`)}`);
    else if (!ending) say(`\nParley is ready: http://localhost:${port}\n(Ctrl-C ends it.)`);
  }
} catch (error) {
  if (!ending) {
    ending = true;
    await Promise.all([...running].map((child) => child.stop(STOP_DEADLINE_MS)));
    fail(error);
  }
}
