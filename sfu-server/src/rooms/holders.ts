/** A signaling process: `instanceId` tells it from an earlier process of the same name. */
export interface Holder {
  nodeId: string;
  instanceId: string;
}

export const isSameHolder = (a: Holder, b: Holder): boolean => a.nodeId === b.nodeId && a.instanceId === b.instanceId;

const key = ({ nodeId, instanceId }: Holder): string => JSON.stringify([nodeId, instanceId]);

/** Which signaling processes have a link to this node now; one may have several for a moment, while it reconnects. */
export class Links {
  readonly #count = new Map<string, number>();

  isLinked(holder: Holder): boolean {
    return this.#count.has(key(holder));
  }

  add(holder: Holder): void {
    this.#count.set(key(holder), (this.#count.get(key(holder)) ?? 0) + 1);
  }

  remove(holder: Holder): void {
    const left = (this.#count.get(key(holder)) ?? 0) - 1;
    if (left > 0) this.#count.set(key(holder), left);
    else this.#count.delete(key(holder));
  }
}

/**
 * The signaling processes that use a room: each that opened or adopted it or asked something of it. One that
 * lost its link stays, so that it holds the room again when it is back.
 */
export class Holders {
  readonly #holders = new Map<string, Holder>();

  /** Returns whether it is new. */
  add(holder: Holder): boolean {
    if (this.#holders.has(key(holder))) return false;
    this.#holders.set(key(holder), holder);
    return true;
  }

  anyLinked(links: Links): boolean {
    return [...this.#holders.values()].some((holder) => links.isLinked(holder));
  }

  /** Their names, each once: where the room's events go. */
  get nodeIds(): string[] {
    return [...new Set([...this.#holders.values()].map(({ nodeId }) => nodeId))];
  }
}
