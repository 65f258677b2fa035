import type { NodeState } from '@parley/shared/control';
import type { Clock } from '@parley/shared/runtime';

/** How long what was placed counts on top of what a node says: until it has come, and the node has said so. In ms. */
const HOLD_MS = 3_000;
/** People expected in a new room: about as many as make a mesh too small. */
const ROOM_PEERS = 12;

interface Placed {
  peers: number;
  rooms: number;
}

/**
 * What this signaling node has placed lately. A node says how it is several times a second, but people take longer to
 * come: without this, all of a burst would go to the one node that was the emptiest.
 */
export class Reservations {
  readonly #clock: Clock;
  /** In the order of their end. */
  readonly #held: (Placed & { nodeId: string; until: number })[] = [];
  /** All that is held, by node. */
  readonly #placed = new Map<string, Placed>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  addRoom(nodeId: string): void {
    this.#add(nodeId, { rooms: 1, peers: ROOM_PEERS });
  }

  addPeer(nodeId: string): void {
    this.#add(nodeId, { rooms: 0, peers: 1 });
  }

  /** The nodes as they will be when all of it has come. */
  onTop(states: readonly NodeState[]): NodeState[] {
    this.#expire();
    return states.map((state) => {
      const more = this.#placed.get(state.nodeId);
      if (!more || state.capacity === 0) return state;
      const { peers, rooms, load, capacity } = state;
      // Of what is only expected nobody is kept out: at most the last place is left.
      const expected = Math.max(peers, Math.min(peers + more.peers, capacity - 1));
      const expectedLoad = Math.max(load, Math.min(load + more.peers / capacity, (capacity - 1) / capacity));
      return { ...state, peers: expected, load: expectedLoad, rooms: rooms + more.rooms };
    });
  }

  #add(nodeId: string, { rooms, peers }: Placed): void {
    this.#expire();
    this.#held.push({ nodeId, rooms, peers, until: this.#clock.now() + HOLD_MS });
    this.#sum(nodeId, rooms, peers);
  }

  #expire(): void {
    const now = this.#clock.now();
    for (let first = this.#held[0]; first && first.until <= now; first = this.#held[0]) {
      this.#held.shift();
      this.#sum(first.nodeId, -first.rooms, -first.peers);
    }
  }

  #sum(nodeId: string, rooms: number, peers: number): void {
    const before = this.#placed.get(nodeId) ?? { rooms: 0, peers: 0 };
    const after = { rooms: before.rooms + rooms, peers: before.peers + peers };
    if (after.rooms > 0 || after.peers > 0) this.#placed.set(nodeId, after);
    else this.#placed.delete(nodeId);
  }
}
