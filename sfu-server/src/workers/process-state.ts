import { readFileSync } from 'node:fs';

/**
 * Whether a process would answer if the machine let it: it runs or waits for a CPU (R), or for a disk or for memory
 * to be swapped in (D). A stopped one (T), or one that sleeps with a question unread (S), would not. Where the system
 * does not tell (it is not Linux): true, since nothing speaks against it.
 */
export function isBusy(pid: number): boolean {
  try {
    // proc(5): pid (comm) state …, and comm may contain anything.
    const state = /\) (\w) [^)]*$/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
    return state === undefined || state === 'R' || state === 'D';
  } catch {
    return true;
  }
}
