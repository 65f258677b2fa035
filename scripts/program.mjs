// Hands this terminal to a program of ours that runs on the project's Node, and ends with it.
import { spawn } from 'node:child_process';
import { whenOrphaned } from './orphan.mjs';
import { nodeBin, root } from './paths.mjs';

/**
 * @param {string} file TypeScript or JavaScript, relative to the repository
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [more] added to the environment
 */
export function becomeProgram(file, args, more = {}) {
  const child = spawn(nodeBin, ['--disable-warning=ExperimentalWarning', file, ...args], {
    cwd: root,
    env: { ...process.env, ...more },
    stdio: 'inherit',
  });
  // Ctrl-C reaches the child by itself, which takes its leave; we wait for it. What is sent to us alone, we hand on.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  whenOrphaned(() => child.kill('SIGTERM'));
  child.once('error', (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  });
  child.once('exit', (code) => process.exit(code ?? 1));
}
