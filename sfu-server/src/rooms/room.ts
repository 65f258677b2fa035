import type { SfuRoomInspection, SfuRoomState } from '@parley/shared/control';
import type { RtpCapabilities, TransportParameters } from '@parley/shared/media';
import { ParleyError } from '@parley/shared/protocol';
import { Emitter, type Logger } from '@parley/shared/runtime';
import type { MediaRouter, MediaWorker } from '../media/ports.ts';
import { Peer, type PeerRoom } from '../peers/peer.ts';

/** A room on this node: one router, and the peers that talk through it. */
export class Room
  extends Emitter<{
    /** A peer came or went. */
    peersChanged: [];
    /** A peer's producer ended without anybody having asked for it. */
    producerEnded: [peerId: string, producerId: string];
  }>
  implements PeerRoom
{
  readonly id: string;
  readonly worker: MediaWorker;
  readonly router: MediaRouter;
  readonly #log: Logger;
  readonly #peers = new Map<string, Peer>();
  /** Producer to the peer it belongs to. */
  readonly #owners = new Map<string, string>();
  /** Peers that hold a slot whether they are loud or not, in order. */
  pinned: readonly string[] = [];
  #closed = false;

  constructor(options: { id: string; worker: MediaWorker; router: MediaRouter; log: Logger }) {
    super((error, event) => options.log.error('a listener threw', { event, error }));
    this.id = options.id;
    this.worker = options.worker;
    this.router = options.router;
    this.#log = options.log;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get peerCount(): number {
    return this.#peers.size;
  }

  get state(): SfuRoomState {
    const peers = [...this.#peers.values()].map((peer) => ({ peerId: peer.id, producerIds: peer.producerIds }));
    const forwarding = { generation: 0, slots: [] };
    return { routerRtpCapabilities: this.router.rtpCapabilities, peers, forwarding };
  }

  /** Where the room is. */
  inspect(nodeId: string): SfuRoomInspection {
    const place = { nodeId, worker: this.worker.index };
    const peers = [...this.#peers.values()];
    const consumers = peers.reduce((sum, peer) => sum + peer.consumerCount, 0);
    return {
      home: place,
      mode: 'direct',
      slots: [],
      branches: [{ ...place, peers: peers.length, producers: this.#owners.size, consumers }],
      pipes: [],
    };
  }

  has(peerId: string): boolean {
    return this.#peers.has(peerId);
  }

  ownerOf(producerId: string): string | undefined {
    return this.#owners.get(producerId);
  }

  /** @throws {ParleyError} `not_found` */
  peer(peerId: string): Peer {
    const peer = this.#peers.get(peerId);
    if (!peer) throw new ParleyError('not_found', 'There is no such peer in the room.');
    return peer;
  }

  /** Opens a peer and its transports; one of that id already there is closed first. */
  async openPeer(peerId: string): Promise<{
    routerRtpCapabilities: RtpCapabilities;
    send: TransportParameters;
    receive: TransportParameters;
  }> {
    if (this.#closed) throw new ParleyError('not_found', 'The room was closed meanwhile.');
    this.#peers.get(peerId)?.close();
    const log = this.#log.child({ peer: peerId });
    const peer = new Peer(peerId, this, log);
    peer.on('produced', (producerId) => this.#owners.set(producerId, peerId));
    peer.on('producerClosed', (producerId, byItself) => {
      this.#owners.delete(producerId);
      if (byItself && !this.#closed) this.emit('producerEnded', peerId, producerId);
    });
    peer.on('closed', () => {
      // A peer opened in its place is not this one's to remove.
      if (this.#peers.get(peerId) === peer) this.#peers.delete(peerId);
      log.info('peer closed');
      if (!this.#closed) this.emit('peersChanged');
    });
    this.#peers.set(peerId, peer);
    this.emit('peersChanged');
    const transports = await peer.open();
    log.info('peer opened');
    return { routerRtpCapabilities: this.router.rtpCapabilities, ...transports };
  }

  /** Closing a peer that is not there is no error: it may be asked for twice. */
  closePeer(peerId: string): void {
    this.#peers.get(peerId)?.close();
  }

  close(): void {
    if (this.#closed) return;
    // The router first: one request to the worker instead of two for each peer.
    this.#closed = true;
    this.router.close();
    this.#end();
  }

  /** The worker is gone, and with it the router. */
  workerClosed(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#end();
  }

  #end(): void {
    for (const peer of [...this.#peers.values()]) peer.routerClosed();
    this.#peers.clear();
    this.#owners.clear();
    this.removeAllListeners();
  }
}
