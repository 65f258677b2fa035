import type { WorkerState } from '@parley/shared/control';
import type { WorkerLoad } from './placement.ts';
import type { Standing } from './pool.ts';

/** A share that has changed by this much is worth telling. */
const STEP = 0.05;

/** How each worker is, for operators: by index. */
export function reportOf(standings: readonly Standing[], loads: readonly WorkerLoad[]): WorkerState[] {
  const byIndex = new Map(loads.map((load) => [load.index, load]));
  return standings.map(({ state, cpu, deaths }, index) => {
    const { packets = 0, budget = 1, peers = 0 } = byIndex.get(index) ?? {};
    return { state, load: inHundredths(packets / budget), cpu: inHundredths(cpu), peers, deaths };
  });
}

/** Whether `now` differs from what was told so much that it is worth telling. Who comes and goes is told anyway. */
export function isNews(told: readonly WorkerState[], now: readonly WorkerState[]): boolean {
  return now.some((worker, index) => {
    const before = told[index];
    return before?.state !== worker.state || hasMoved(before.load, worker.load) || hasMoved(before.cpu, worker.cpu);
  });
}

const hasMoved = (from: number, to: number): boolean => Math.abs(inHundredths(to - from)) >= STEP;

/** What is looked at needs no more, and the node's state stays short. */
function inHundredths(share: number): number {
  return Math.round(100 * share) / 100;
}
