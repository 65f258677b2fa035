import type { SfuRoomState } from '@parley/shared/control';
import { ParleyError } from '@parley/shared/protocol';
import { type Clock, Emitter, type Logger } from '@parley/shared/runtime';
import type { MediaWorker } from '../media/ports.ts';
import { placeRoom } from '../workers/placement.ts';
import { type Holder, Holders, Links } from './holders.ts';
import { Lease } from './lease.ts';
import { Room } from './room.ts';

/** Why a room ended that nobody asked to close. */
export type RoomEnd = 'worker_died' | 'lease' | 'shutdown';

export interface RoomsOptions {
  /** The workers alive, asked each time a room is placed. */
  workers: () => readonly MediaWorker[];
  /** Peers this node takes in all. */
  capacity: number;
  /** How long a room nobody needs is kept, in milliseconds. */
  leaseMs: number;
  clock: Clock;
  log: Logger;
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
  /** The number of rooms or peers changed. */
  changed: [];
}> {
  readonly #options: RoomsOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #opening = new Map<string, Promise<Entry>>();
  readonly #links = new Links();
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

  get peerCount(): number {
    let peers = 0;
    for (const { room } of this.#entries.values()) peers += room.peerCount;
    return peers;
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

  /** @throws {ParleyError} `server_full` when one peer more would be too many. */
  assertCapacity(room: Room, peerId: string): void {
    if (!room.has(peerId) && this.peerCount >= this.#options.capacity) {
      throw new ParleyError('server_full', 'The media server is full.');
    }
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

  /** Drains and ends every room. */
  async shutdown(): Promise<void> {
    this.drain();
    await Promise.allSettled(this.#opening.values());
    for (const entry of [...this.#entries.values()]) this.#endByItself(entry, 'shutdown');
  }

  handleWorkerDied(worker: MediaWorker): void {
    for (const entry of [...this.#entries.values()]) {
      if (entry.room.worker === worker) this.#endByItself(entry, 'worker_died');
    }
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

  async #make(id: string): Promise<Entry> {
    if (this.#draining) throw new ParleyError('sfu_unavailable', 'The media server is going away.');
    const worker = placeRoom(this.#loads())?.worker;
    if (!worker) throw new ParleyError('sfu_unavailable', 'The media server has no worker just now.');
    const router = await worker.createRouter();
    const log = this.#options.log.child({ room: id });
    const room = new Room({ id, worker, router, log });
    const lease = new Lease({
      clock: this.#options.clock,
      ms: this.#options.leaseMs,
      onExpired: () => this.#endByItself(entry, 'lease'),
    });
    const entry: Entry = { room, holders: new Holders(), lease };
    if (!this.#options.workers().includes(worker)) {
      // It died between its answer and now, when no entry was there yet to be told.
      room.workerClosed();
      throw new ParleyError('sfu_unavailable', 'The media worker died.');
    }
    this.#entries.set(id, entry);
    room.on('peersChanged', () => {
      this.#updateLease(entry);
      this.emit('changed');
    });
    room.on('producerEnded', (peerId, producerId) =>
      this.emit('producerEnded', id, peerId, producerId, entry.holders.nodeIds),
    );
    log.info('room opened', { worker: worker.index });
    this.#updateLease(entry);
    this.emit('changed');
    return entry;
  }

  #loads(): { worker: MediaWorker; index: number; rooms: number; peers: number }[] {
    const loads = this.#options.workers().map((worker) => ({ worker, index: worker.index, rooms: 0, peers: 0 }));
    for (const { room } of this.#entries.values()) {
      const load = loads.find(({ worker }) => worker === room.worker);
      if (!load) continue;
      load.rooms++;
      load.peers += room.peerCount;
    }
    return loads;
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
    if (reason === 'worker_died') room.workerClosed();
    else room.close();
    this.emit('ended', room.id, reason, holders.nodeIds);
  }

  #remove({ room, lease }: Entry, reason?: RoomEnd): void {
    lease.end();
    this.#entries.delete(room.id);
    this.#options.log.info('room closed', { room: room.id, reason: reason ?? 'asked' });
    this.emit('changed');
  }
}
