import type { NodeAddress } from '@parley/shared/control';
import { ParleyError } from '@parley/shared/protocol';
import { type Clock, type Timer, withDeadline } from '@parley/shared/runtime';
import type { PipeListen } from '../media/ports.ts';
import type { EdgeId } from './contract.ts';
import type { FleetLink } from './link.ts';
import { type BranchRoom, RemoteBranch } from './remote-branch.ts';

/** How long a link that carries no edge is kept, in milliseconds. */
const IDLE_MS = 10_000;

export interface FleetOptions {
  /** Opens a link to a node; it connects by itself. */
  connect: (node: NodeAddress) => FleetLink;
  /** Where this node's ends of pipes listen. */
  listen: PipeListen;
  /** How long opening an edge waits for the link, and what is asked of an edge for a link that is down, in ms. */
  waitMs: number;
  clock: Clock;
}

interface Entry {
  link: FleetLink;
  /** Edges in the books, and how many more are being opened. */
  edges: Set<RemoteBranch>;
  opening: number;
  idle: Timer | undefined;
}

/** The other nodes, as far as rooms of this one have edges there: one link to each, as long as it is needed. */
export class Fleet {
  readonly #options: FleetOptions;
  readonly #entries = new Map<string, Entry>();
  /** Counts up over all rooms: an edge's number is never used again. */
  #generation = 0;

  constructor(options: FleetOptions) {
    this.#options = options;
  }

  /** Links there are, whether up or not. */
  get links(): number {
    return this.#entries.size;
  }

  /**
   * Opens an edge of a room on another node, joined to the room's home router.
   * @throws {ParleyError} `sfu_unavailable` when the node is not reached or takes no edges; `server_full`.
   */
  async open(room: BranchRoom, node: NodeAddress): Promise<RemoteBranch> {
    const { listen, waitMs, clock } = this.#options;
    const entry = this.#entry(node);
    entry.opening++;
    clock.cancel(entry.idle);
    try {
      await this.#whenUp(entry.link);
      const id: EdgeId = { sfuRoomId: room.id, generation: ++this.#generation };
      const edge = await RemoteBranch.open({ id, link: entry.link, room, listen, waitMs, clock });
      entry.edges.add(edge);
      edge.on('over', () => {
        entry.edges.delete(edge);
        this.#updateIdle(entry);
      });
      room.log.info('edge opened', edge.where);
      return edge;
    } finally {
      entry.opening--;
      this.#updateIdle(entry);
    }
  }

  close(): void {
    for (const entry of [...this.#entries.values()]) {
      for (const edge of [...entry.edges]) edge.close();
      this.#remove(entry);
    }
  }

  #entry(node: NodeAddress): Entry {
    const present = this.#entries.get(node.nodeId);
    // A node that came back elsewhere is another process: the edges of the old one go with its link.
    if (present && (present.link.isUp || present.link.node.url === node.url)) return present;
    const link = this.#options.connect(node);
    const entry: Entry = { link, edges: new Set(), opening: 0, idle: undefined };
    this.#entries.set(node.nodeId, entry);
    link.events.on('up', (edges) => {
      const known = new Set([...entry.edges].map(({ id }) => keyOf(id)));
      for (const id of edges) {
        // Its answer got lost, or it was given up while the link was down.
        if (!known.has(keyOf(id))) link.request('edge:close', id).catch(() => {});
      }
    });
    link.events.on('lost', () => this.#remove(entry));
    return entry;
  }

  async #whenUp(link: FleetLink): Promise<void> {
    if (link.isUp) return;
    const up = Promise.withResolvers<void>();
    const offs = [
      link.events.on('up', () => up.resolve()),
      link.events.on('lost', () => up.reject(new ParleyError('sfu_unavailable', 'The media server is not reached.'))),
    ];
    try {
      await withDeadline(up.promise, this.#options.waitMs, 'the link to the other media server', this.#options.clock);
    } catch (cause) {
      if (cause instanceof ParleyError) throw cause;
      throw new ParleyError('sfu_unavailable', 'The other media server is not reached.', { cause });
    } finally {
      for (const off of offs) off();
    }
  }

  #updateIdle(entry: Entry): void {
    const { clock } = this.#options;
    clock.cancel(entry.idle);
    entry.idle = undefined;
    if (entry.edges.size > 0 || entry.opening > 0) return;
    if (this.#isPresent(entry)) entry.idle = clock.after(IDLE_MS, () => this.#remove(entry));
    else entry.link.close();
  }

  #isPresent(entry: Entry): boolean {
    return this.#entries.get(entry.link.node.nodeId) === entry;
  }

  #remove(entry: Entry): void {
    this.#options.clock.cancel(entry.idle);
    if (this.#isPresent(entry)) this.#entries.delete(entry.link.node.nodeId);
    entry.link.close();
  }
}

const keyOf = ({ sfuRoomId, generation }: EdgeId): string => `${generation} ${sfuRoomId}`;
