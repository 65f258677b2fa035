import type { Emitter } from '@parley/shared/runtime';

/** A node not heard for that long is dead. */
export const DEAD_AFTER_MS = 5_000;

/** A signaling node as the others know it. */
export interface NodeInfo {
  readonly nodeId: string;
  /** Where the other nodes reach its HTTP port. */
  readonly url: string;
}

export type NodesEvents = {
  nodeUp: [node: NodeInfo];
  /** Not heard of for too long. `at`: when it was last heard, in ms since the epoch. */
  nodeDown: [nodeId: string, at: number];
  /** It falls to this node to see to what a dead node left behind. */
  nodeBuried: [nodeId: string, at: number];
  /** The common store has been emptied: everyone says again what they know. */
  storeLost: [];
  /** This node cannot reach the store while others can. Said again and again as long as it is so. */
  isolated: [];
};

/** The signaling nodes there are. */
export interface Nodes {
  readonly events: Emitter<NodesEvents>;
  readonly self: NodeInfo;
  /** Makes this node known, and begins to look for others. @param url where they reach its HTTP port */
  open(url: string): Promise<void>;
  /** All that are alive, this one included. */
  list(): NodeInfo[];
  isAlive(nodeId: string): boolean;
  close(): void;
}
