import { createHash } from 'node:crypto';
import type { NodeAddress, NodeState } from '@parley/shared/control';

/** A node with more of its budget in use takes something new only where no other can: it keeps room for those it has. */
export const BUSY = 0.8;

/**
 * The node that should take a new room, whose first members are in `region` (empty: nobody knows): of those that can,
 * rather one that is not busy than one that is, then one of the region, then the one with the smallest share of its budget in
 * use, with the fewest rooms, the first by id. Undefined when none can.
 */
export function chooseNode(nodes: readonly NodeState[], region = ''): NodeState | undefined {
  const isFar = (node: NodeState) => region !== '' && node.region !== region;
  return nodes
    .filter(canTake)
    .sort(
      (a, b) =>
        Number(isBusy(a)) - Number(isBusy(b)) ||
        Number(isFar(a)) - Number(isFar(b)) ||
        shareOf(a) - shareOf(b) ||
        a.rooms - b.rooms ||
        compare(a.nodeId, b.nodeId),
    )[0];
}

/** Someone who comes into a room on an SFU. */
export interface Newcomer {
  sfuRoomId: string;
  /** The room's home. */
  homeId: string;
  /** Where they are; empty: nobody knows. */
  region: string;
}

/**
 * The node that should carry someone as an edge of the room's home; undefined: the home itself. It is another one when the
 * home is busy or in another region than they are, and a node that is not busy is there. All people of a room and a region go to
 * the same edge, as long as it is not busy: each edge costs pipes, and whoever asks finds the same one without being told.
 */
export function choosePlace(nodes: readonly NodeState[], newcomer: Newcomer): NodeAddress | undefined {
  const { sfuRoomId, homeId, region } = newcomer;
  const home = nodes.find(({ nodeId }) => nodeId === homeId);
  // Out of reach: then nobody can put anyone anywhere.
  if (!home) return undefined;
  const edges = nodes.filter((node) => node !== home && node.url !== '' && canTake(node) && !isBusy(node));
  const isNear = (node: NodeState) => node.region === (region || home.region);
  const near = edges.filter(isNear);
  const isCrowded = isBusy(home) || !hasRoom(home);
  const candidates = near.length === 0 && isCrowded ? edges : near;
  if (!isCrowded && isNear(home)) return undefined;
  const [best] = candidates
    .map(({ nodeId, url }) => ({ nodeId, url, rank: rankOf(sfuRoomId, nodeId) }))
    .sort((a, b) => compare(b.rank, a.rank));
  return best && { nodeId: best.nodeId, url: best.url };
}

/** How much of what a node should do it does: by packets expected, by CPU measured, by people. 1 is all. */
export function shareOf({ load, cpu, peers, capacity }: NodeState): number {
  return Math.max(load, cpu, peers / capacity);
}

const isBusy = (node: NodeState): boolean => shareOf(node) >= BUSY;
const hasRoom = ({ workers, peers, capacity, load }: NodeState): boolean => workers > 0 && peers < capacity && load < 1;
const canTake = (node: NodeState): boolean => !node.draining && hasRoom(node);

/** Rendezvous hashing: which nodes come first for a room is at random, and the same for whoever asks. */
function rankOf(sfuRoomId: string, nodeId: string): string {
  return createHash('sha256')
    .update(JSON.stringify([sfuRoomId, nodeId]))
    .digest('hex');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
