import { Emitter } from '@parley/shared/runtime';
import type { NodeInfo, Nodes, NodesEvents } from './nodes.ts';

/** A node that is alone. */
export class MemoryNodes implements Nodes {
  readonly events = new Emitter<NodesEvents>();
  #self: NodeInfo;

  constructor(nodeId: string) {
    this.#self = { nodeId, url: '' };
  }

  get self(): NodeInfo {
    return this.#self;
  }

  async open(url: string): Promise<void> {
    this.#self = { ...this.#self, url };
  }

  list(): NodeInfo[] {
    return [this.#self];
  }

  isAlive(nodeId: string): boolean {
    return nodeId === this.#self.nodeId;
  }

  close(): void {
    this.events.removeAllListeners();
  }
}
