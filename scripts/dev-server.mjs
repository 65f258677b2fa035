// What `npm run dev` adds: Vite in front, and the SDK built anew whenever its source changes.
import { spawn } from 'node:child_process';
import { watch } from 'node:fs';
import { ensureBuild } from './build.mjs';
import { inRoot, nodeBin } from './paths.mjs';
import { StepError, say } from './progress.mjs';
import { endWithUs, signalGroup } from './watchdog.mjs';

const SETTLE_MS = 150;

/** Builds the SDK after every change; a build that fails is told and waits for the next change. */
function watchSdk() {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  let building = Promise.resolve();
  const build = () => {
    building = building
      .then(() => ensureBuild({ only: 'sdk' }))
      .catch((error) => {
        if (error instanceof StepError) say(error.detail);
        say(String(error));
      });
  };
  for (const folder of ['web-client/sdk/src', 'shared/src']) {
    watch(inRoot(folder), { recursive: true }, () => {
      clearTimeout(timer);
      timer = setTimeout(build, SETTLE_MS);
    });
  }
}

/**
 * @param {{
 *   port: number,
 *   signaling: string,
 *   onStart: (child: { name: string, exited: Promise<string>, stop: (deadlineMs: number) => Promise<void> }) => void,
 * }} options `signaling` is where Vite sends /socket.io and the rest (PARLEY_SIGNALING for vite.config.ts).
 */
export async function startDevServer({ port, signaling, onStart }) {
  const vite = inRoot('node_modules/vite/bin/vite.js');
  const child = spawn(nodeBin, [vite, '--port', String(port), '--strictPort', '--clearScreen', 'false'], {
    cwd: inRoot('web-client/demo'),
    env: { ...process.env, PARLEY_SIGNALING: signaling },
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  endWithUs(child);
  /** @type {Promise<string>} */
  const exited = new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  onStart({
    name: 'vite',
    exited,
    stop: async (deadlineMs) => {
      signalGroup(child, 'SIGTERM');
      const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), deadlineMs);
      await exited;
      clearTimeout(timer);
    },
  });
  watchSdk();
}
