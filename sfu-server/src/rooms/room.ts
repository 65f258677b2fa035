import type { Forwarding, NodeAddress, SfuRoomInspection, SfuRoomState } from '@parley/shared/control';
import type { RtpCapabilities, TransportParameters } from '@parley/shared/media';
import { ParleyError } from '@parley/shared/protocol';
import { type Clock, Emitter, type Logger, type Timer } from '@parley/shared/runtime';
import type { BranchRoom, RemoteBranch } from '../fleet/remote-branch.ts';
import type { MediaRouter, MediaWorker } from '../media/ports.ts';
import type { RoomPeer } from '../peers/room-peer.ts';
import { Pipes } from '../pipes/pipes.ts';
import type { MicrophonePlace } from '../slots/microphone.ts';
import type { ModeOptions } from '../slots/mode.ts';
import type { Stage } from '../slots/stage.ts';
import type { Listeners } from '../workers/placement.ts';
import type { Branch } from './branch.ts';
import { Directory } from './directory.ts';
import { inspectRoom } from './inspect.ts';
import { LocalBranch } from './local-branch.ts';
import { createStage } from './room-stage.ts';
import { type Seat, Seats } from './seats.ts';

/** How long a producer is kept where nobody consumes it any more, in milliseconds. */
const PIPE_LINGER_MS = 5_000;
/** Why another node may not take a peer, when it is its own doing and not the peer's. */
const NODE_FAULTS = new Set(['sfu_unavailable', 'server_full', 'timeout', 'internal']);
/** How long a branch without peers is kept, in milliseconds. */
const BRANCH_LINGER_MS = 10_000;

/** What a client needs to be on the room. */
interface OpenedPeer {
  routerRtpCapabilities: RtpCapabilities;
  send: TransportParameters;
  receive: TransportParameters;
}

/** Opens an edge of a room on another node. @throws {ParleyError} when that node takes none, or is not reached. */
export type OpenEdge = (room: BranchRoom, node: NodeAddress) => Promise<RemoteBranch>;

export interface RoomOptions {
  id: string;
  /** Where the room begins, and ends. */
  worker: MediaWorker;
  /** The home router, on that worker. */
  router: MediaRouter;
  /** The worker of this node a peer that comes is to be on. @throws {ParleyError} when there is none. */
  place: (room: Room) => MediaWorker;
  /** Whether that worker still runs. */
  isAlive: (worker: MediaWorker) => boolean;
  forwarding: ModeOptions;
  /** Without it, all peers are on this node. */
  openEdge?: OpenEdge | undefined;
  clock: Clock;
  log: Logger;
}

/**
 * A room on this node: its home router, a branch for each further router it has grown to, the peers on them, and
 * the directory of all its producers.
 */
export class Room extends Emitter<{
  /** A peer came or went. */
  peersChanged: [];
  /** A peer's producer ended without anybody having asked for it. */
  producerEnded: [peerId: string, producerId: string];
  forwardingChanged: [forwarding: Forwarding];
  /** A branch died and these peers with it; the room goes on. */
  peersLost: [peerIds: string[]];
}> {
  readonly id: string;
  readonly home: LocalBranch;
  readonly directory: Directory;
  readonly pipes: Pipes;
  /** Who is heard, and how. */
  readonly stage: Stage;
  readonly #options: RoomOptions;
  readonly #branches = new Map<MediaWorker, LocalBranch>();
  readonly #growing = new Map<MediaWorker, Promise<LocalBranch>>();
  /** On other nodes, by their ids. */
  readonly #edges = new Map<string, RemoteBranch>();
  readonly #openingEdges = new Map<string, Promise<RemoteBranch>>();
  readonly #seats: Seats;
  /** Branches without peers, until they are closed. */
  readonly #lingering = new Map<Branch, Timer>();
  #closed = false;

  constructor(options: RoomOptions) {
    const onListenerError = (error: unknown, event: string) => options.log.error('a listener threw', { event, error });
    super(onListenerError);
    this.#options = options;
    this.id = options.id;
    this.#seats = new Seats(options.clock);
    this.directory = new Directory(onListenerError);
    this.directory.on('removed', ({ id }) => this.pipes.producerClosed(id));
    this.home = this.#branchOn(options.worker, options.router, undefined);
    this.pipes = new Pipes({
      hub: this.home,
      originOf: (producerId) => this.directory.find(producerId)?.origin,
      lingerMs: PIPE_LINGER_MS,
      clock: options.clock,
    });
    this.stage = createStage(this, options);
    this.stage.on('forwardingChanged', (forwarding) => this.emit('forwardingChanged', forwarding));
  }

  get closed(): boolean {
    return this.#closed;
  }

  get peerCount(): number {
    return this.#seats.size;
  }

  /** Peers that this node carries; the others are on edges. */
  get localPeerCount(): number {
    return this.#seats.here;
  }

  /** The room's routers on this node, the home router first. */
  get branches(): LocalBranch[] {
    return [...this.#branches.values()];
  }

  /** Its branches on other nodes. */
  get edges(): RemoteBranch[] {
    return [...this.#edges.values()];
  }

  /** What each worker must be ready to send to this room's peers. */
  get listeners(): ReadonlyMap<MediaWorker, Listeners> {
    return this.#seats.listeners;
  }

  get state(): SfuRoomState {
    const peers = [...this.#seats].map(({ peerId, peer }) => ({ peerId, producerIds: peer?.producerIds ?? [] }));
    const { forwarding } = this.stage;
    return { routerRtpCapabilities: this.home.router.rtpCapabilities, peers, forwarding };
  }

  /** Where the room is. */
  inspect(nodeId: string): SfuRoomInspection {
    return inspectRoom(this, nodeId);
  }

  has(peerId: string): boolean {
    return this.#seats.get(peerId) !== undefined;
  }

  /** The peers that are open. */
  get peers(): RoomPeer[] {
    return [...this.#seats].flatMap(({ peer }) => peer ?? []);
  }

  find(peerId: string): RoomPeer | undefined {
    return this.#seats.get(peerId)?.peer;
  }

  /** @throws {ParleyError} `not_found` */
  peer(peerId: string): RoomPeer {
    const peer = this.find(peerId);
    if (!peer) throw new ParleyError('not_found', 'There is no such peer in the room.');
    return peer;
  }

  /** Whose producer that is, null for a slot; undefined if there is none of that id that may be consumed. */
  audibleOwner(producerId: string): string | null | undefined {
    const owner = this.directory.find(producerId)?.peerId;
    return owner !== null && !this.stage.needsMicrophones ? undefined : owner;
  }

  /**
   * Opens a peer and its transports; one of that id already there is closed first.
   * @param at the node it is to be on; it is on this one when that takes nobody, or without.
   */
  async openPeer(peerId: string, at?: NodeAddress): Promise<OpenedPeer> {
    if (this.#closed) throw roomClosed();
    this.closePeer(peerId);
    const { openEdge } = this.#options;
    const away = at && openEdge && (await this.#openPeerAt(peerId, () => this.#edge(at, openEdge)));
    return away ?? this.#openPeerHere(peerId);
  }

  /** Closing a peer that is not there is no error: it may be asked for twice. */
  closePeer(peerId: string): void {
    const seat = this.#seats.get(peerId);
    if (!seat) return;
    seat.closed = true;
    seat.peer?.close();
    this.#leave(seat);
  }

  /** A worker died. Not the one of the home router: with that one, the room is over. */
  handleWorkerDied(worker: MediaWorker): void {
    const branch = this.#branches.get(worker);
    if (!branch) return;
    const lost = [...this.#seats].flatMap((seat) => (seat.worker === worker && seat.peer ? seat.peerId : []));
    this.#closeBranch(branch, 'worker died');
    if (lost.length > 0) this.emit('peersLost', lost);
  }

  /** Also when the home router is gone already. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const timer of this.#lingering.values()) this.#options.clock.cancel(timer);
    this.stage.close();
    for (const branch of [...this.branches, ...this.edges]) branch.close();
    this.#branches.clear();
    this.#edges.clear();
    this.#seats.clear();
    this.pipes.close();
    this.directory.clear();
    this.removeAllListeners();
  }

  async #openPeerHere(peerId: string): Promise<OpenedPeer> {
    const worker = this.#options.place(this);
    return this.#openPeerOn(this.#takeSeat(peerId, worker), async () => {
      const branch = this.#branches.get(worker) ?? (await this.#grow(worker));
      if (branch.closed) throw new ParleyError('sfu_unavailable', 'The media worker died.');
      return branch;
    });
  }

  /** Undefined when that node takes nobody: this one does then. */
  async #openPeerAt(peerId: string, edge: () => Promise<RemoteBranch>): Promise<OpenedPeer | undefined> {
    const seat = this.#takeSeat(peerId, undefined);
    try {
      return await this.#openPeerOn(seat, edge);
    } catch (error) {
      const isItsFault = error instanceof ParleyError && NODE_FAULTS.has(error.code);
      if (!isItsFault || this.#closed || seat.closed) throw error;
      this.#options.log.warn('peer not opened on the other node', { peer: peerId, error });
      return undefined;
    }
  }

  #takeSeat(peerId: string, worker: MediaWorker | undefined): Seat {
    const seat = this.#seats.add(peerId, worker);
    this.emit('peersChanged');
    return seat;
  }

  async #openPeerOn(seat: Seat, openBranch: () => Promise<Branch>): Promise<OpenedPeer> {
    try {
      const branch = await openBranch();
      if (this.#seats.get(seat.peerId) !== seat) throw new ParleyError('not_found', 'The peer was closed meanwhile.');
      const transports = await this.#seatPeer(seat, branch).open();
      this.#options.log.info('peer opened', { peer: seat.peerId, ...branch.where });
      return { routerRtpCapabilities: this.home.router.rtpCapabilities, ...transports };
    } catch (error) {
      this.#leave(seat);
      throw error;
    }
  }

  #seatPeer(seat: Seat, branch: Branch): RoomPeer {
    const { peerId } = seat;
    const log = this.#options.log.child({ peer: peerId });
    const peer = branch.createPeer(peerId, log);
    seat.peer = peer;
    peer.on('produced', (id, paused) => this.directory.add({ id, peerId, origin: branch, paused }));
    peer.on('producerPaused', (id, paused) => this.directory.setPaused(id, paused));
    peer.on('producerClosed', (id, byItself) => {
      this.directory.remove(id);
      if (byItself && !this.#closed) this.emit('producerEnded', peerId, id);
    });
    peer.on('listening', () => this.#seats.settle(seat));
    peer.on('closed', () => {
      log.info('peer closed');
      this.#leave(seat);
      this.#lingerIfEmpty(branch);
    });
    return peer;
  }

  #leave(seat: Seat): void {
    if (this.#seats.remove(seat) && !this.#closed) this.emit('peersChanged');
  }

  #grow(worker: MediaWorker): Promise<LocalBranch> {
    let growing = this.#growing.get(worker);
    if (!growing) {
      growing = this.#openBranch(worker).finally(() => this.#growing.delete(worker));
      this.#growing.set(worker, growing);
    }
    return growing;
  }

  async #openBranch(worker: MediaWorker): Promise<LocalBranch> {
    const router = await worker.createRouter();
    if (this.#closed || !this.#options.isAlive(worker)) {
      router.close();
      throw this.#closed ? roomClosed() : new ParleyError('sfu_unavailable', 'The media worker died.');
    }
    const branch = this.#branchOn(worker, router, this.home.router);
    this.#options.log.info('branch opened', branch.where);
    this.#lingerIfEmpty(branch);
    return branch;
  }

  #branchOn(worker: MediaWorker, router: MediaRouter, hub: MediaRouter | undefined): LocalBranch {
    const branch = new LocalBranch({
      worker,
      router,
      hub,
      ownerOf: (producerId) => this.audibleOwner(producerId),
      hold: (producerId, at) => this.pipes.hold(producerId, at),
    });
    this.#branches.set(worker, branch);
    return branch;
  }

  /** The branch on another node, opened if it is not there: once, however many are to be on it. */
  async #edge(at: NodeAddress, openEdge: OpenEdge): Promise<RemoteBranch> {
    const present = this.#edges.get(at.nodeId);
    if (present) return present;
    let opening = this.#openingEdges.get(at.nodeId);
    if (!opening) {
      opening = this.#openEdge(at, openEdge).finally(() => this.#openingEdges.delete(at.nodeId));
      this.#openingEdges.set(at.nodeId, opening);
    }
    return opening;
  }

  async #openEdge(at: NodeAddress, openEdge: OpenEdge): Promise<RemoteBranch> {
    const { id, directory, pipes } = this;
    const { log } = this.#options;
    const { router } = this.home;
    const hold: BranchRoom['hold'] = (producerId, branch) => pipes.hold(producerId, branch);
    const ownerOf = (producerId: string) => this.audibleOwner(producerId);
    const edge = await openEdge({ id, router, directory, ownerOf, hold, log }, at);
    if (this.#closed) {
      edge.close();
      throw roomClosed();
    }
    this.#edges.set(at.nodeId, edge);
    edge.on('levels', (levels) => this.stage.handleLevels(edge as MicrophonePlace, levels));
    edge.on('peersLost', (peerIds) => this.emit('peersLost', peerIds));
    edge.on('ended', (peerIds, reason) => {
      this.#closeBranch(edge, reason);
      if (peerIds.length > 0) this.emit('peersLost', peerIds);
    });
    log.info('branch opened', edge.where);
    this.#lingerIfEmpty(edge);
    return edge;
  }

  /** A branch whose last peer has gone stays a while: somebody may come back at once. */
  #lingerIfEmpty(branch: Branch): void {
    if (branch === this.home || branch.closed || branch.peerCount > 0) return;
    const { clock } = this.#options;
    clock.cancel(this.#lingering.get(branch));
    const closeIfEmpty = () => {
      this.#lingering.delete(branch);
      if (branch.peerCount === 0) this.#closeBranch(branch, 'empty');
    };
    this.#lingering.set(branch, clock.after(BRANCH_LINGER_MS, closeIfEmpty));
  }

  #closeBranch(branch: Branch, reason: string): void {
    this.#options.clock.cancel(this.#lingering.get(branch));
    this.#lingering.delete(branch);
    if (branch instanceof LocalBranch) this.#branches.delete(branch.worker);
    else if (branch.where.nodeId !== undefined) this.#edges.delete(branch.where.nodeId);
    branch.close();
    this.#options.log.info('branch closed', { ...branch.where, reason });
  }
}

const roomClosed = () => new ParleyError('not_found', 'The room was closed meanwhile.');
