import { ParleyError } from '@parley/shared/protocol';
import { type Clock, Emitter, type Logger } from '@parley/shared/runtime';
import type { Level, MediaWorker, PipeListen } from '../media/ports.ts';
import { type Holder, isSameHolder, Links } from '../rooms/holders.ts';
import { Lease } from '../rooms/lease.ts';
import type { Room } from '../rooms/room.ts';
import type { EdgeId, FleetOutput, PipeEnd } from './contract.ts';
import { Edge, type EdgeEnd } from './edge.ts';

/** What edges need of the rooms of their node. */
export interface EdgeRooms {
  /**
   * A room of its own for an edge, counted with the others.
   * @throws {ParleyError} `sfu_unavailable` when draining or without a worker.
   */
  openPart(id: string): Promise<Room>;
  closePart(room: Room): void;
}

export interface EdgesOptions {
  /** This node's rooms: an edge is one of them that nobody but its home asks for. */
  rooms: EdgeRooms;
  /** Where this node's ends of pipes listen. */
  listen: PipeListen;
  /** How long an edge without its home goes on, in milliseconds. */
  leaseMs: number;
  clock: Clock;
  log: Logger;
}

interface Entry {
  id: EdgeId;
  home: Holder;
  lease: Lease;
  /** Where the home receives: a second request of the same home end means the same edge. */
  remote: PipeEnd;
  opening: Promise<Edge>;
  /** Once it is open. */
  edge: Edge | undefined;
}

/** The edges on this node, of whichever homes. One whose home is away is kept for a lease. */
export class Edges extends Emitter<{
  /** An edge ended that its home did not ask to close. */
  ended: [home: Holder, id: EdgeId, reason: EdgeEnd];
  /** A worker died and these peers with it; the edge is not gone. */
  peersLost: [home: Holder, id: EdgeId, peerIds: string[]];
  producerEnded: [home: Holder, id: EdgeId, peerId: string, producerId: string];
  levels: [home: Holder, id: EdgeId, levels: Level[]];
}> {
  readonly #options: EdgesOptions;
  readonly #log: Logger;
  readonly #entries = new Map<string, Entry>();
  readonly #links = new Links();

  constructor(options: EdgesOptions) {
    super((error, event) => options.log.error('a listener threw', { event, error }));
    this.#options = options;
    this.#log = options.log;
  }

  /** Edges open, or being opened. */
  get count(): number {
    return this.#entries.size;
  }

  /** The edges a home process has here. */
  of(home: Holder): EdgeId[] {
    return [...this.#entries.values()].filter((entry) => isSameHolder(entry.home, home)).map(({ id }) => id);
  }

  /**
   * Makes an edge. One of an older generation, or of a home process that is gone, is closed first; asked twice it
   * answers the same.
   * @throws {ParleyError} `stale_epoch` for an older generation; `conflict` while another home has one;
   *   `sfu_unavailable`.
   */
  async open(home: Holder, id: EdgeId, remote: PipeEnd): Promise<FleetOutput<'edge:open'>> {
    const present = this.#entries.get(id.sfuRoomId);
    if (present && !this.#isSuperseded(present, home, id)) {
      if (present.id.generation > id.generation) throw over();
      // Its pipe is connected already, to one end.
      if (!isSameEnd(present.remote, remote)) throw new ParleyError('conflict', 'This edge has another pipe.');
    } else {
      if (present) this.#end(present, 'superseded');
      this.#make(home, id, remote);
    }
    const edge = await this.#entry(id).opening;
    return { worker: edge.room.home.worker.index, pipe: edge.pipe };
  }

  /** @throws {ParleyError} `stale_epoch` when the edge of that home and generation is not there. */
  use(home: Holder, id: EdgeId): Edge {
    const entry = this.#entries.get(id.sfuRoomId);
    if (!entry?.edge || !isSameHolder(entry.home, home) || entry.id.generation !== id.generation) throw over();
    return entry.edge;
  }

  /** Closing an edge that is not there is no error; a late request does not close a newer one. */
  close(home: Holder, { sfuRoomId, generation }: EdgeId): void {
    const entry = this.#entries.get(sfuRoomId);
    if (!entry || !isSameHolder(entry.home, home) || entry.id.generation > generation) return;
    this.#end(entry, 'asked');
  }

  handleLinked(home: Holder): void {
    this.#links.add(home);
    for (const entry of this.#entries.values()) this.#updateLease(entry);
  }

  handleUnlinked(home: Holder): void {
    this.#links.remove(home);
    for (const entry of this.#entries.values()) this.#updateLease(entry);
  }

  /** The rooms of this node know it already. */
  handleWorkerDied(worker: MediaWorker): void {
    for (const entry of [...this.#entries.values()]) {
      if (entry.edge?.room.home.worker === worker) this.#endByItself(entry, 'worker_died');
    }
  }

  /** Ends every edge. */
  async shutdown(): Promise<void> {
    const entries = [...this.#entries.values()];
    for (const entry of entries) this.#endByItself(entry, 'shutdown');
    await Promise.allSettled(entries.map(({ opening }) => opening));
  }

  #isSuperseded(present: Entry, home: Holder, id: EdgeId): boolean {
    if (isSameHolder(present.home, home)) return present.id.generation < id.generation;
    if (this.#links.isLinked(present.home) && present.home.nodeId !== home.nodeId) {
      throw new ParleyError('conflict', 'Another node is the home of this room.');
    }
    return true;
  }

  #entry({ sfuRoomId }: EdgeId): Entry {
    const entry = this.#entries.get(sfuRoomId);
    if (!entry) throw over();
    return entry;
  }

  #make(home: Holder, id: EdgeId, remote: PipeEnd): void {
    const { rooms, clock, leaseMs } = this.#options;
    const log = this.#log.child({ room: id.sfuRoomId, home: home.nodeId, generation: id.generation });
    const lease = new Lease({ clock, ms: leaseMs, onExpired: () => this.#endByItself(entry, 'lease') });
    const opening = rooms
      .openPart(id.sfuRoomId)
      .then((room) => this.#join(room, remote, log))
      .then((edge) => this.#opened(entry, edge, log));
    const entry: Entry = { id, home, lease, remote, opening, edge: undefined };
    this.#entries.set(id.sfuRoomId, entry);
    this.#updateLease(entry);
    opening.catch((error: unknown) => {
      if (this.#entries.get(id.sfuRoomId) !== entry) return;
      log.warn('edge not opened', { error });
      this.#end(entry, 'failed');
    });
  }

  async #join(room: Room, remote: PipeEnd, log: Logger): Promise<Edge> {
    try {
      return await Edge.open({ room, remote, listen: this.#options.listen, log });
    } catch (error) {
      this.#options.rooms.closePart(room);
      throw error;
    }
  }

  #opened(entry: Entry, edge: Edge, log: Logger): Edge {
    if (this.#entries.get(entry.id.sfuRoomId) !== entry) {
      this.#close(edge);
      throw over();
    }
    const { home, id } = entry;
    entry.edge = edge;
    edge.room.on('producerEnded', (peerId, producerId) => this.emit('producerEnded', home, id, peerId, producerId));
    edge.room.on('peersLost', (peerIds) => this.emit('peersLost', home, id, peerIds));
    edge.on('levels', (levels) => this.emit('levels', home, id, levels));
    log.info('edge opened', { worker: edge.room.home.worker.index });
    return edge;
  }

  #updateLease({ home, lease }: Entry): void {
    if (this.#links.isLinked(home)) lease.hold();
    else lease.release();
  }

  #endByItself(entry: Entry, reason: EdgeEnd): void {
    this.#end(entry, reason);
    this.emit('ended', entry.home, entry.id, reason);
  }

  #end({ id, home, lease, edge }: Entry, reason: string): void {
    const { sfuRoomId, generation } = id;
    lease.end();
    this.#entries.delete(sfuRoomId);
    if (edge) this.#close(edge);
    this.#log.info('edge closed', { room: sfuRoomId, home: home.nodeId, generation, reason });
  }

  #close(edge: Edge): void {
    edge.removeAllListeners();
    this.#options.rooms.closePart(edge.room);
  }
}

const isSameEnd = (a: PipeEnd, b: PipeEnd): boolean =>
  a.ip === b.ip && a.port === b.port && a.srtpParameters.keyBase64 === b.srtpParameters.keyBase64;
const over = () => new ParleyError('stale_epoch', 'This edge is over, or never was.');
