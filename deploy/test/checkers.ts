import { run } from '../../scripts/command.mjs';
import { inRoot, root } from '../../scripts/paths.mjs';
import { findProgram, type SystemPackage } from '../../scripts/system-packages.mjs';

const DEADLINE_MS = 30_000;

/** For `test(title, { skip }, …)`: why a check cannot run here, or false. */
export const without = (name: SystemPackage): string | false =>
  findProgram(name) ? false : `${name} is missing, see above`;

/** @throws {Error} when it is missing */
export function programOf(name: SystemPackage): string {
  const path = findProgram(name);
  if (!path) throw new Error(`${name} is missing: sudo apt-get install ${name}`);
  return path;
}

/** Runs a program of a Debian package in the repository. @throws {Error} with what it says when it finds fault */
export async function check(name: SystemPackage, ...args: string[]): Promise<string> {
  const { code, output } = await run(programOf(name), args, { cwd: root, deadlineMs: DEADLINE_MS });
  if (code !== 0) throw new Error(`${name} ${args.join(' ')}: exit code ${code}\n${output}`);
  return output;
}

/** A path in the deploy folder. */
export const inDeploy = (path: string): string => inRoot(`deploy/${path}`);
