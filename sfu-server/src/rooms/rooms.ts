import type { Forwarding, SfuRoomState } from '@parley/shared/control';
import { ParleyError } from '@parley/shared/protocol';
import { type Clock, Emitter, type Logger } from '@parley/shared/runtime';
import type { MediaWorker } from '../media/ports.ts';
import type { ModeOptions } from '../slots/mode.ts';
import { PacketCost } from '../workers/cost.ts';
import { expectedPackets, placePeer, placeRoom, type WorkerLoad } from '../workers/placement.ts';
import { type Holder, Holders, Links } from './holders.ts';
import { Lease } from './lease.ts';
import { type OpenEdge, Room } from './room.ts';

/** Why a room ended that nobody asked to close. */
export type RoomEnd = 'worker_died' | 'lease' | 'shutdown';

export interface RoomsOptions {
  /** The workers alive, asked each time something is placed. */
  workers: () => readonly MediaWorker[];
  /** Measured share of a CPU each of them uses, 0 to 1. */
  cpuOf: (worker: MediaWorker) => number;
  placement: PlacementOptions;
  /** When rooms use speaker slots, and how many. */
  forwarding: ModeOptions;
  /** Opens an edge of a room on another node. Without it, all peers are on this one. */
  openEdge?: OpenEdge | undefined;
  /** Peers this node takes in all. */
  capacity: number;
  /** How long a room nobody needs is kept, in milliseconds. */
  leaseMs: number;
  clock: Clock;
  log: Logger;
}

export interface PlacementOptions {
  /** Packets a second a worker may send. */
  workerPackets: number;
  /** Peers of one room a worker carries at most, as long as there is another worker. */
  workerPeersMax: number;
}

/** Of all rooms together. */
export interface Spread {
  /** Rooms that forward by speaker slots. */
  slot_rooms: number;
  /** Slots with a voice in them. */
  slots_held: number;
  /** Edges on other nodes. */
  edges: number;
  /** Parts of rooms whose home is another node. */
  parts: number;
}

interface Entry {
  room: Room;
  holders: Holders;
  lease: Lease;
}

/**
 * The rooms of this node. A room is needed while it has a peer and a signaling process that uses it is linked;
 * when it is not, its lease runs, and at the end of that it is closed.
 */
export class Rooms extends Emitter<{
  /** A room ended by itself; `nodeIds` are the signaling nodes that used it. */
  ended: [sfuRoomId: string, reason: RoomEnd, nodeIds: string[]];
  producerEnded: [sfuRoomId: string, peerId: string, producerId: string, nodeIds: string[]];
  /** How a room forwards has changed. */
  forwardingChanged: [sfuRoomId: string, forwarding: Forwarding, nodeIds: string[]];
  /** A branch of a room died with these peers. */
  peersLost: [sfuRoomId: string, peerIds: string[], nodeIds: string[]];
  /** The number of rooms or peers changed. */
  changed: [];
}> {
  readonly #options: RoomsOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #opening = new Map<string, Promise<Entry>>();
  /** Parts of other nodes' rooms. */
  readonly #parts = new Set<Room>();
  readonly #links = new Links();
  readonly #cost = new PacketCost();
  #draining = false;

  constructor(options: RoomsOptions) {
    super((error, event) => options.log.error('a listener threw', { event, error }));
    this.#options = options;
  }

  get draining(): boolean {
    return this.#draining;
  }

  get roomCount(): number {
    return this.#entries.size;
  }

  /** Peers this node carries. */
  get peerCount(): number {
    let peers = 0;
    for (const room of this.#all) peers += room.localPeerCount;
    return peers;
  }

  /** Parts of rooms whose home is another node. */
  get partCount(): number {
    return this.#parts.size;
  }

  /** How the rooms of this node reach further than a router and its microphones. */
  get spread(): Spread {
    const rooms = [...this.#entries.values()].map(({ room }) => room);
    const slots = rooms.map(({ stage }) => stage.slots).filter(({ length }) => length > 0);
    return {
      slot_rooms: slots.length,
      slots_held: slots.flat().filter(({ peerId }) => peerId !== null).length,
      edges: rooms.reduce((sum, { edges }) => sum + edges.length, 0),
      parts: this.partCount,
    };
  }

  /** Share of the packets the workers may send that they are expected to send; 1 without a worker. */
  get load(): number {
    const loads = this.#loads();
    const budget = loads.reduce((sum, load) => sum + load.budget, 0);
    return budget > 0 ? loads.reduce((sum, load) => sum + load.packets, 0) / budget : 1;
  }

  /** What each worker does, and how much of it it should. */
  get loads(): WorkerLoad[] {
    return this.#loads();
  }

  /** Takes no new rooms from now on. */
  drain(): void {
    this.#draining = true;
    this.emit('changed');
  }

  /**
   * The room, made if it is not there; the caller uses it from now on.
   * @throws {ParleyError} `sfu_unavailable` when draining or without a worker.
   */
  async open(id: string, holder: Holder): Promise<SfuRoomState> {
    const entry = this.#entries.get(id) ?? (await this.#openOnce(id));
    if (entry.room.closed) throw new ParleyError('not_found', 'The room was closed meanwhile.');
    this.#use(entry, holder);
    return entry.room.state;
  }

  /** The room, if it is there; the caller uses it from now on. */
  find(id: string, holder: Holder): Room | undefined {
    const entry = this.#entries.get(id);
    if (entry) this.#use(entry, holder);
    return entry?.room;
  }

  /** Like `find`, for a room that must be there. @throws {ParleyError} `not_found` */
  use(id: string, holder: Holder): Room {
    const room = this.find(id, holder);
    if (!room) throw new ParleyError('not_found', 'There is no such room on this node.');
    return room;
  }

  /** Closing a room that is not there is no error: it may be asked for twice. */
  async close(id: string): Promise<void> {
    // One that is just being made is closed as soon as it is there.
    await this.#opening.get(id)?.catch(() => {});
    const entry = this.#entries.get(id);
    if (!entry) return;
    this.#remove(entry);
    entry.room.close();
  }

  /**
   * A room that is part of another node's: counted with the others, and asked for by nobody but that node.
   * @throws {ParleyError} `sfu_unavailable` when draining or without a worker.
   */
  async openPart(id: string): Promise<Room> {
    // Who is heard is decided at the home.
    const room = await this.#makeRoom(id, { ...this.#options.forwarding, slots: 0 });
    this.#parts.add(room);
    room.on('peersChanged', () => this.emit('changed'));
    this.emit('changed');
    return room;
  }

  closePart(room: Room): void {
    room.close();
    if (this.#parts.delete(room)) this.emit('changed');
  }

  /** Drains and ends every room but the parts of others'. */
  async shutdown(): Promise<void> {
    this.drain();
    await Promise.allSettled(this.#opening.values());
    for (const entry of [...this.#entries.values()]) this.#endByItself(entry, 'shutdown');
  }

  handleWorkerDied(worker: MediaWorker): void {
    for (const entry of [...this.#entries.values()]) {
      if (entry.room.home.worker === worker) this.#endByItself(entry, 'worker_died');
      else entry.room.handleWorkerDied(worker);
    }
    for (const part of [...this.#parts]) {
      if (part.home.worker === worker) this.closePart(part);
      else part.handleWorkerDied(worker);
    }
  }

  /** What the workers use of their CPUs has been measured. */
  handleMeasured(): void {
    for (const { packets, cpu } of this.#loads()) this.#cost.measured(packets, cpu);
  }

  handleLinked(holder: Holder): void {
    this.#links.add(holder);
    for (const entry of this.#entries.values()) this.#updateLease(entry);
  }

  handleUnlinked(holder: Holder): void {
    this.#links.remove(holder);
    for (const entry of this.#entries.values()) this.#updateLease(entry);
  }

  #openOnce(id: string): Promise<Entry> {
    let opening = this.#opening.get(id);
    if (!opening) {
      opening = this.#make(id).finally(() => this.#opening.delete(id));
      this.#opening.set(id, opening);
    }
    return opening;
  }

  get #all(): Room[] {
    return [...[...this.#entries.values()].map(({ room }) => room), ...this.#parts];
  }

  async #makeRoom(id: string, forwarding: ModeOptions): Promise<Room> {
    if (this.#draining) throw new ParleyError('sfu_unavailable', 'The media server is going away.');
    const worker = placeRoom(this.#loads())?.worker;
    if (!worker) throw new ParleyError('sfu_unavailable', 'The media server has no worker just now.');
    const router = await worker.createRouter();
    const room = new Room({
      id,
      worker,
      router,
      place: (one) => this.#placePeer(one),
      isAlive: (one) => this.#options.workers().includes(one),
      forwarding,
      openEdge: this.#options.openEdge,
      clock: this.#options.clock,
      log: this.#options.log.child({ room: id }),
    });
    if (!this.#options.workers().includes(worker)) {
      // It died between its answer and now, when no entry was there yet to be told.
      room.close();
      throw new ParleyError('sfu_unavailable', 'The media worker died.');
    }
    return room;
  }

  async #make(id: string): Promise<Entry> {
    const room = await this.#makeRoom(id, this.#options.forwarding);
    const lease = new Lease({
      clock: this.#options.clock,
      ms: this.#options.leaseMs,
      onExpired: () => this.#endByItself(entry, 'lease'),
    });
    const entry: Entry = { room, holders: new Holders(), lease };
    this.#entries.set(id, entry);
    room.on('peersChanged', () => {
      this.#updateLease(entry);
      this.emit('changed');
    });
    room.on('producerEnded', (peerId, producerId) =>
      this.emit('producerEnded', id, peerId, producerId, entry.holders.nodeIds),
    );
    room.on('forwardingChanged', (forwarding) => this.emit('forwardingChanged', id, forwarding, entry.holders.nodeIds));
    room.on('peersLost', (peerIds) => this.emit('peersLost', id, peerIds, entry.holders.nodeIds));
    this.#options.log.info('room opened', { room: id, worker: room.home.worker.index });
    this.#updateLease(entry);
    this.emit('changed');
    return entry;
  }

  /** @throws {ParleyError} `server_full` when one peer more would be too many; `sfu_unavailable` */
  #placePeer(room: Room): MediaWorker {
    const { capacity, placement } = this.#options;
    const loads = this.#loads(room);
    const peers = loads.reduce((sum, load) => sum + load.peers, 0);
    if (peers >= capacity) throw new ParleyError('server_full', 'The media server is full.');
    const more = expectedPackets({ settled: 0, joining: 1 }, this.#audience(room, 1));
    const worker = placePeer(loads, { more, peersMax: placement.workerPeersMax })?.worker;
    if (!worker) throw new ParleyError('sfu_unavailable', 'The media server has no worker just now.');
    return worker;
  }

  /** What each worker does, and what it has of `room`. */
  #loads(room?: Room): (WorkerLoad & { worker: MediaWorker })[] {
    const { workers, cpuOf, placement } = this.#options;
    const budget = this.#cost.budget(placement.workerPackets);
    const idle = { packets: 0, budget, rooms: 0, peers: 0, roomPeers: 0, hasRoom: false };
    const loads = new Map(
      workers().map((worker) => [worker, { ...idle, worker, index: worker.index, cpu: cpuOf(worker) }]),
    );
    for (const one of this.#all) {
      const audience = this.#audience(one);
      for (const { worker } of one.branches) {
        const load = loads.get(worker);
        if (!load) continue;
        load.rooms++;
        if (one === room) load.hasRoom = true;
      }
      for (const [worker, listeners] of one.listeners) {
        const load = loads.get(worker);
        if (!load) continue;
        const peers = listeners.settled + listeners.joining;
        load.packets += expectedPackets(listeners, audience);
        load.peers += peers;
        if (one === room) load.roomPeers = peers;
      }
    }
    return [...loads.values()];
  }

  #audience(room: Room, more = 0): { openMics: number; peers: number; slots: number } {
    const { openCount, slotCount } = room.directory;
    return {
      // A part of another node's room knows of the others' microphones by the slots it is sent.
      openMics: this.#parts.has(room) ? Math.max(openCount, slotCount) : openCount,
      peers: room.peerCount + more,
      slots: this.#options.forwarding.slots,
    };
  }

  #use(entry: Entry, holder: Holder): void {
    if (entry.holders.add(holder)) this.#updateLease(entry);
  }

  #updateLease({ room, holders, lease }: Entry): void {
    const needed = room.peerCount > 0 && holders.anyLinked(this.#links);
    if (needed) lease.hold();
    else lease.release();
  }

  #endByItself(entry: Entry, reason: RoomEnd): void {
    const { room, holders } = entry;
    this.#remove(entry, reason);
    room.close();
    this.emit('ended', room.id, reason, holders.nodeIds);
  }

  #remove({ room, lease }: Entry, reason?: RoomEnd): void {
    lease.end();
    this.#entries.delete(room.id);
    this.#options.log.info('room closed', { room: room.id, reason: reason ?? 'asked' });
    this.emit('changed');
  }
}
