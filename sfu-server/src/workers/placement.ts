import { CPU_TARGET } from './cost.ts';

/** Packets a second of one Opus stream: frames of 20 ms. */
export const PACKETS_PER_STREAM = 50;

/** Use of a CPU below this says nothing of which of two workers has more to do. */
const CPU_NOISE = 0.25;

/** What placement looks at, for each worker. */
export interface WorkerLoad {
  index: number;
  /** Packets it is expected to send, a second. */
  packets: number;
  /** Packets it may send, a second. */
  budget: number;
  /** Measured share of a CPU it uses, 0 to 1. */
  cpu: number;
  rooms: number;
  peers: number;
  /** Peers of the room in question that it carries. */
  roomPeers: number;
  /** Whether the room in question has a branch there. */
  hasRoom: boolean;
}

/** What is known of a room's listeners. */
export interface Listeners {
  /** Those who receive what they have asked for. */
  settled: number;
  /** Those who have just come: they have not asked yet. */
  joining: number;
}

/**
 * Packets a second a worker is expected to send to listeners of a room.
 * @param openMics microphones open in the whole room.
 * @param peers in the whole room: whoever has just come may be about to hear that many less one.
 * @param slots the streams a listener receives at most.
 */
export function expectedPackets(
  { settled, joining }: Listeners,
  { openMics, peers, slots }: { openMics: number; peers: number; slots: number },
): number {
  const heard = Math.min(openMics, slots);
  const mayBeHeard = Math.min(Math.max(openMics, peers - 1), slots);
  return PACKETS_PER_STREAM * (settled * heard + joining * mayBeHeard);
}

/** The share of what a worker may do that it does, or will: above 1 it is too much. */
export const loadShare = ({ packets, budget, cpu }: Pick<WorkerLoad, 'packets' | 'budget' | 'cpu'>, more = 0): number =>
  Math.max((packets + more) / budget, cpu < CPU_NOISE ? 0 : cpu / CPU_TARGET);

/** The worker a new room goes to: the least loaded; then the one with the least peers, then rooms; then the first. */
export function placeRoom<W extends WorkerLoad>(loads: readonly W[]): W | undefined {
  return least(loads);
}

/**
 * The worker a peer goes to: of those the room is on already the least loaded, as long as it can take the peer;
 * else the least loaded of the others; else, when all do too much, the least loaded of all.
 * @param more packets a second that the peer is expected to receive.
 * @param peersMax peers of one room a worker carries at most, as long as there is another.
 */
export function placePeer<W extends WorkerLoad>(
  loads: readonly W[],
  { more, peersMax }: { more: number; peersMax: number },
): W | undefined {
  const hasSeat = loads.filter(({ roomPeers }) => roomPeers < peersMax);
  const canTake = hasSeat.filter((load) => loadShare(load, more) <= 1);
  return least(canTake.filter(({ hasRoom }) => hasRoom)) ?? least(canTake) ?? least(hasSeat) ?? least(loads);
}

function least<W extends WorkerLoad>(loads: readonly W[]): W | undefined {
  return loads.reduce<W | undefined>((best, load) => (best && compare(best, load) <= 0 ? best : load), undefined);
}

const compare = (a: WorkerLoad, b: WorkerLoad): number =>
  loadShare(a) - loadShare(b) || a.peers - b.peers || a.rooms - b.rooms || a.index - b.index;
