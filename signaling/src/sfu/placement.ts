import type { NodeState } from '@parley/shared/control';

/**
 * The node that should take a new room: the one with the smallest share of its capacity in use, the first by id among
 * equals; undefined when none can.
 */
export function chooseNode(nodes: readonly NodeState[]): NodeState | undefined {
  return nodes
    .filter((node) => !node.draining && node.workers > 0 && node.peers < node.capacity)
    .sort((a, b) => loadOf(a) - loadOf(b) || a.rooms - b.rooms || compare(a.nodeId, b.nodeId))[0];
}

function loadOf({ peers, capacity }: NodeState): number {
  return peers / capacity;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
