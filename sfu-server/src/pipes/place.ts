/**
 * Where producers of a room are made and needed: one of its routers on this node, or another node. All places of
 * a node hang on one of its routers, the hub, and a producer goes from place to place through that.
 */
export interface Place {
  /** For people. Without `nodeId`: this node. */
  readonly where: { nodeId?: string; worker: number };
  readonly closed: boolean;
  /** Brings a producer that is made here to the hub. @throws {ParleyError} `not_found` when it is gone. */
  toHub(producerId: string): Promise<Carriage>;
  /** Brings a producer that is on the hub here. @throws {ParleyError} `not_found` when it is gone. */
  fromHub(producerId: string): Promise<Carriage>;
}

/** A producer being brought from one router to another, until it is closed: by us, or by either end's death. */
export interface Carriage {
  readonly closed: boolean;
  /** Called once when it closes, by whichever way. */
  onClosed(listener: () => void): void;
  close(): void;
}
