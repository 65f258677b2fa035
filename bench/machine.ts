import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, totalmem } from 'node:os';

/** The processor, its cores and the memory: what a figure depends on. */
export function describeMachine(): string {
  const model = cpus()[0]?.model.replace(/\s+/g, ' ').trim() || 'unknown processor';
  return `${model}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
}

/** The commit that is checked out, with a `+` if tracked files differ from it; those figures themselves do not count. */
export function describeCommit(): string {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8', timeout: 10_000 }).trim();
  try {
    const changes = git('status', '--porcelain', '--untracked-files=no', '--', ':/', ':!results.md');
    return git('rev-parse', '--short=10', 'HEAD') + (changes ? '+' : '');
  } catch {
    return 'unknown';
  }
}
