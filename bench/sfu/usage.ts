import { readdirSync, readFileSync } from 'node:fs';

/** CPU time a process has had so far, all its threads together, in µs. */
export function cpuOf(pid: number): number {
  let nanoseconds = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
  }
  return nanoseconds / 1e3;
}

/** Memory of a process, in KB. */
export function rssOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
}

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
