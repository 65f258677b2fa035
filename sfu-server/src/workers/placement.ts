/** What placement looks at. */
export interface WorkerLoad {
  index: number;
  peers: number;
  rooms: number;
}

/**
 * The worker a new room goes to: the one with the least peers; then with the least rooms (a room just opened
 * has no peers yet); then the first. Undefined when there is none.
 */
export function placeRoom<W extends WorkerLoad>(loads: readonly W[]): W | undefined {
  return loads.reduce<W | undefined>((best, load) => (best && compare(best, load) <= 0 ? best : load), undefined);
}

const compare = (a: WorkerLoad, b: WorkerLoad): number => a.peers - b.peers || a.rooms - b.rooms || a.index - b.index;
