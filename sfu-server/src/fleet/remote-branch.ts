import { ParleyError } from '@parley/shared/protocol';
import { type Clock, Emitter, type Logger } from '@parley/shared/runtime';
import type { Level, MediaPipe, MediaRouter, PipeListen } from '../media/ports.ts';
import type { Hold } from '../pipes/pipes.ts';
import type { Carriage } from '../pipes/place.ts';
import type { Branch } from '../rooms/branch.ts';
import type { Directory } from '../rooms/directory.ts';
import type { EdgeId, FleetInput, FleetOutput, FleetRequestName } from './contract.ts';
import { Gate } from './gate.ts';
import type { FleetLink } from './link.ts';
import { type Differences, type EdgeBooks, reconcile } from './reconcile.ts';
import { RemoteCarriage } from './remote-carriage.ts';
import { type OfEdge, type PeerBranch, RemotePeer } from './remote-peer.ts';

/** What a request of unknown end is answered with: it may have been done or not. */
const UNCERTAIN = new Set(['timeout', 'sfu_unavailable', 'internal']);

/** What a branch needs of its room. */
export interface BranchRoom {
  readonly id: string;
  /** The home router: what goes to an edge, and comes from there, goes through it. */
  readonly router: MediaRouter;
  readonly directory: Directory;
  /** Whose producer that is, null for a slot; undefined if there is none of that id that may be consumed. */
  ownerOf(producerId: string): string | null | undefined;
  /** Has a producer of the room at that branch. */
  hold(producerId: string, at: Branch): Promise<Hold>;
  readonly log: Logger;
}

export interface RemoteBranchOptions {
  id: EdgeId;
  link: FleetLink;
  room: BranchRoom;
  /** Where the home's end of the pipe listens. */
  listen: PipeListen;
  /** How long a request waits for a link that is down, in milliseconds. */
  waitMs: number;
  clock: Clock;
}

/** A branch of a room on another node: the home's books of what the edge there holds, and the home's end of the pipe. */
export class RemoteBranch
  extends Emitter<{
    /** The edge is no more, and these peers with it. */
    ended: [peerIds: string[], reason: string];
    /** These peers are gone; the edge is not. */
    peersLost: [peerIds: string[]];
    levels: [levels: Level[]];
    /** Closed, whoever wanted it. */
    over: [];
  }>
  implements Branch, PeerBranch
{
  readonly id: EdgeId;
  readonly where: { nodeId: string; worker: number };
  readonly #link: FleetLink;
  readonly #room: BranchRoom;
  readonly #log: Logger;
  readonly #pipe: MediaPipe;
  readonly #gate: Gate;
  readonly #peers = new Map<string, RemotePeer>();
  readonly #in = new Map<string, RemoteCarriage>();
  readonly #out = new Map<string, RemoteCarriage>();
  readonly #offs: (() => void)[];
  #resyncing = false;
  #resyncWanted = false;
  #closed = false;

  private constructor(options: RemoteBranchOptions, pipe: MediaPipe, worker: number) {
    const { id, link, room, waitMs, clock } = options;
    const log = room.log.child({ edge: link.node.nodeId, generation: id.generation });
    super((error, event) => log.error('a listener threw', { event, error }));
    this.id = id;
    this.where = { nodeId: link.node.nodeId, worker };
    this.#link = link;
    this.#room = room;
    this.#log = log;
    this.#pipe = pipe;
    this.#gate = new Gate({ clock, waitMs });
    const isMine = (one: EdgeId) => one.sfuRoomId === id.sfuRoomId && one.generation === id.generation;
    this.#offs = [
      link.events.on('up', (edges) => (edges.some(isMine) ? void this.#resync() : this.#end('gone'))),
      link.events.on('down', () => this.#gate.close()),
      link.events.on('lost', () => this.#end('lost')),
      link.events.on('edge:closed', (event) => isMine(event) && this.#end(event.reason)),
      link.events.on('edge:levels', (event) => isMine(event) && this.emit('levels', event.levels)),
      link.events.on('peers:lost', (event) => isMine(event) && this.#losePeers(event.peerIds)),
      link.events.on('producer:closed', (event) => {
        if (isMine(event)) this.#peers.get(event.peerId)?.handleProducerEnded(event.producerId);
      }),
      room.directory.on('removed', (entry) => {
        for (const peer of this.#peers.values()) peer.handleProducerGone(entry.id);
      }),
    ];
    this.#pipe.onClosed(() => this.#abandon('pipe closed'));
  }

  /**
   * Has the node open an edge, and joins it to the home router.
   * @throws {ParleyError} what the node refuses it with, or `sfu_unavailable`. Nothing is left then.
   */
  static async open(options: RemoteBranchOptions): Promise<RemoteBranch> {
    const { id, link, room, listen } = options;
    const pipe = await room.router.createPipe(listen).catch((cause: unknown) => {
      if (cause instanceof ParleyError) throw cause;
      // There is no port left for it: no fault of whoever comes, who can be taken here.
      throw new ParleyError('sfu_unavailable', 'No pipe to the other media server could be made.', { cause });
    });
    // A link that drops meanwhile, and comes back, finds an edge that is in nobody's books, and has it closed.
    let dropped = false;
    const off = link.events.on('down', () => {
      dropped = true;
    });
    try {
      const opened = await link.request('edge:open', { ...id, pipe: pipe.parameters });
      await pipe.connect(opened.pipe);
      if (dropped || !link.isUp || pipe.closed) throw lost();
      return new RemoteBranch(options, pipe, opened.worker);
    } catch (error) {
      pipe.close();
      if (link.isUp) link.request('edge:close', id).catch(() => {});
      // It was gone again before it was open.
      throw error instanceof ParleyError && error.code === 'stale_epoch' ? lost() : error;
    } finally {
      off();
    }
  }

  get closed(): boolean {
    return this.#closed;
  }

  get peerCount(): number {
    return this.#peers.size;
  }

  get consumerCount(): number {
    return [...this.#peers.values()].reduce((sum, peer) => sum + peer.consumerCount, 0);
  }

  /** What the edge holds, as far as the home knows. */
  get books(): EdgeBooks {
    const open = [...this.#peers.values()].filter((peer) => peer.isOpen);
    return {
      peers: new Map(open.map((peer) => [peer.id, peer.producers])),
      in: new Map([...this.#in].map(([producerId, { paused }]) => [producerId, paused])),
      out: new Set(this.#out.keys()),
    };
  }

  createPeer(peerId: string, log: Logger): RemotePeer {
    const peer = new RemotePeer(peerId, this, log);
    this.#peers.set(peerId, peer);
    peer.on('closed', () => {
      if (this.#peers.get(peerId) === peer) this.#peers.delete(peerId);
    });
    peer.on('producerClosed', (producerId) => this.#out.get(producerId)?.close());
    peer.on('producerPaused', (producerId, paused) => this.#out.get(producerId)?.pause(paused));
    return peer;
  }

  ownerOf(producerId: string): string | null | undefined {
    return this.#room.ownerOf(producerId);
  }

  hold(producerId: string): Promise<Hold> {
    return this.#room.hold(producerId, this);
  }

  /** Sends a producer of the home router to the edge, where it has the same id. */
  async fromHub(producerId: string): Promise<Carriage> {
    return this.#gate.pass(async () => {
      const consumer = await this.#pipe.consume(producerId);
      const paused = consumer.producerPaused;
      const carriage = new RemoteCarriage(consumer, paused, () => this.#endCarriage(producerId, 'in', carriage));
      this.#in.set(producerId, carriage);
      consumer.onProducerClosed(() => carriage.close());
      if (consumer.closed) carriage.close();
      try {
        const { rtpParameters } = consumer;
        const peerId = this.#room.directory.find(producerId)?.peerId ?? null;
        if (!carriage.closed) await this.request('pipe:in', { producerId, peerId, rtpParameters, paused });
      } catch (error) {
        carriage.close();
        throw error;
      }
      // It may have ended on the way, and have been told so before it was there.
      if (carriage.closed) {
        this.tell('pipe:close', { producerId, direction: 'in' });
        throw noSuchProducer();
      }
      const follow = () => {
        if (carriage.paused === consumer.producerPaused) return;
        carriage.paused = consumer.producerPaused;
        this.tell('pipe:pause', { producerId, paused: carriage.paused });
      };
      consumer.onProducerPaused(follow);
      follow();
      return carriage;
    });
  }

  /** Has the edge send a microphone of one of its peers: a producer of the home router, of the same id. */
  async toHub(producerId: string): Promise<Carriage> {
    return this.#gate.pass(async () => {
      const { rtpParameters, paused } = await this.request('pipe:out', { producerId });
      try {
        const producer = await this.#pipe.produce({ id: producerId, rtpParameters, paused });
        const carriage = new RemoteCarriage(producer, paused, () => this.#endCarriage(producerId, 'out', carriage));
        if (this.#closed || producer.closed || !this.#room.directory.find(producerId)) {
          producer.close();
          throw noSuchProducer();
        }
        this.#out.set(producerId, carriage);
        return carriage;
      } catch (error) {
        this.tell('pipe:close', { producerId, direction: 'out' });
        throw error;
      }
    });
  }

  pass<T>(work: () => Promise<T>): Promise<T> {
    return this.#gate.pass(work);
  }

  tell<R extends FleetRequestName>(name: R, input: OfEdge<R>): void {
    if (this.#closed || !this.#link.isUp) return;
    this.request(name, input).catch((error: unknown) => this.#log.debug('not told', { request: name, error }));
  }

  /** The room is over, or the branch is needed no more. */
  close(): void {
    if (this.#closed) return;
    this.tell('edge:close', {});
    this.#release(new ParleyError('not_found', 'The edge was closed meanwhile.'));
    this.emit('over');
    this.removeAllListeners();
  }

  async request<R extends FleetRequestName>(name: R, input: OfEdge<R>): Promise<FleetOutput<R>> {
    if (this.#closed) throw lost();
    try {
      return await this.#link.request(name, { ...input, ...this.id } as FleetInput<R>);
    } catch (error) {
      if (!(error instanceof ParleyError)) throw error;
      if (error.code === 'stale_epoch') {
        this.#end('gone');
        throw lost();
      }
      // With the link down, the books are compared when it is back.
      if (UNCERTAIN.has(error.code) && this.#link.isUp) void this.#resync();
      throw error;
    }
  }

  /** Compares what the edge holds with the books, while nothing is under way, and puts right what differs. */
  async #resync(): Promise<void> {
    this.#resyncWanted = true;
    if (this.#resyncing) return;
    this.#resyncing = true;
    this.#gate.close();
    while (this.#resyncWanted && this.#link.isUp && !this.#closed) {
      this.#resyncWanted = false;
      await this.#compare();
    }
    this.#resyncing = false;
    // With the link down it is done when the link is up again.
    if (this.#link.isUp) this.#gate.open();
  }

  async #compare(): Promise<void> {
    try {
      await this.#gate.whenEmpty();
      const state = await this.#link.request('edge:state', this.id);
      if (!this.#closed) this.#settle(reconcile(this.books, state));
    } catch (error) {
      this.#log.warn('edge not compared', { error });
      // Reached, and without an answer: nothing can be known of it.
      if (this.#link.isUp) this.#abandon('unknown');
    }
  }

  #settle(differences: Differences): void {
    const count = Object.values(differences).reduce((sum, list) => sum + list.length, 0);
    if (count > 0) this.#log.info('edge differs', { ...differences });
    if (differences.lostPipes.length > 0) return this.#abandon('inconsistent');
    for (const peerId of differences.closePeers) this.tell('peer:close', { peerId });
    for (const producer of differences.closeProducers) this.tell('peer:closeProducer', producer);
    for (const pipe of differences.closePipes) this.tell('pipe:close', pipe);
    for (const pipe of differences.pausePipes) this.tell('pipe:pause', pipe);
    for (const { peerId, producerId, paused } of differences.pausedProducers) {
      this.#peers.get(peerId)?.handlePaused(producerId, paused);
    }
    for (const { peerId, producerId } of differences.endedProducers) {
      this.#peers.get(peerId)?.handleProducerEnded(producerId);
    }
    this.#losePeers(differences.lostPeers);
    for (const { id, withheld } of this.#peers.values()) {
      for (const [producerId, is] of withheld) this.tell('peer:withhold', { peerId: id, producerId, withheld: is });
    }
  }

  #losePeers(peerIds: readonly string[]): void {
    const peers = peerIds.flatMap((peerId) => this.#peers.get(peerId) ?? []).filter((peer) => peer.isOpen);
    for (const peer of peers) peer.handleLost();
    if (peers.length > 0)
      this.emit(
        'peersLost',
        peers.map(({ id }) => id),
      );
  }

  #endCarriage(producerId: string, direction: 'in' | 'out', carriage: RemoteCarriage): void {
    const carriages = direction === 'in' ? this.#in : this.#out;
    if (carriages.get(producerId) !== carriage) return;
    carriages.delete(producerId);
    this.tell('pipe:close', { producerId, direction });
  }

  /** Gives the edge up, though it may live: everyone on it opens anew. */
  #abandon(reason: string): void {
    this.tell('edge:close', {});
    this.#end(reason);
  }

  #end(reason: string): void {
    if (this.#closed) return;
    const peerIds = [...this.#peers.values()].flatMap((peer) => (peer.isOpen ? peer.id : []));
    this.#log.warn('edge ended', { reason, peers: peerIds.length });
    this.#release(lost());
    this.emit('ended', peerIds, reason);
    this.emit('over');
    this.removeAllListeners();
  }

  #release(error: ParleyError): void {
    this.#closed = true;
    for (const off of this.#offs) off();
    this.#gate.break(error);
    for (const peer of [...this.#peers.values()]) peer.handleLost();
    for (const carriage of [...this.#in.values(), ...this.#out.values()]) carriage.close();
    this.#pipe.close();
  }
}

const lost = () => new ParleyError('sfu_unavailable', 'The other media server is gone.');
const noSuchProducer = () => new ParleyError('not_found', 'There is no such producer at the edge.');
