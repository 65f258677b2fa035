import type { Logger } from '@parley/shared/runtime';
import type { MediaRouter, MediaWorker } from '../media/ports.ts';
import { Peer } from '../peers/peer.ts';
import type { Hold } from '../pipes/pipes.ts';
import type { Carriage } from '../pipes/place.ts';
import { RouterPair } from '../pipes/router-pair.ts';
import type { Branch } from './branch.ts';

export interface LocalBranchOptions {
  worker: MediaWorker;
  /** A router on that worker, the branch's own from now on. */
  router: MediaRouter;
  /** The router everything goes through; undefined: this one. */
  hub?: MediaRouter | undefined;
  ownerOf: (producerId: string) => string | null | undefined;
  /** Has a producer of the room at that branch. */
  hold: (producerId: string, at: LocalBranch) => Promise<Hold>;
}

/** One router of a room on this node, and the peers on it. */
export class LocalBranch implements Branch {
  readonly worker: MediaWorker;
  readonly router: MediaRouter;
  readonly #options: LocalBranchOptions;
  readonly #pair: RouterPair | undefined;
  readonly #peers = new Set<Peer>();
  #closed = false;

  constructor(options: LocalBranchOptions) {
    this.#options = options;
    this.worker = options.worker;
    this.router = options.router;
    this.#pair = options.hub && new RouterPair(options.hub, options.router);
  }

  get where(): { worker: number } {
    return { worker: this.worker.index };
  }

  get closed(): boolean {
    return this.#closed;
  }

  get peerCount(): number {
    return this.#peers.size;
  }

  get consumerCount(): number {
    let consumers = 0;
    for (const peer of this.#peers) consumers += peer.consumerCount;
    return consumers;
  }

  createPeer(peerId: string, log: Logger): Peer {
    const { ownerOf, hold } = this.#options;
    const room = { router: this.router, ownerOf, hold: (producerId: string) => hold(producerId, this) };
    const peer = new Peer(peerId, room, log);
    this.#peers.add(peer);
    peer.on('closed', () => this.#peers.delete(peer));
    return peer;
  }

  toHub(producerId: string): Promise<Carriage> {
    return this.#way.toHub(producerId);
  }

  fromHub(producerId: string): Promise<Carriage> {
    return this.#way.fromHub(producerId);
  }

  /** Also when the worker died: then nobody is there to be asked. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    // The router first: one request to the worker instead of two for each peer.
    this.router.close();
    this.#pair?.close();
    for (const peer of [...this.#peers]) peer.routerClosed();
  }

  get #way(): RouterPair {
    if (!this.#pair) throw new Error('The hub needs no way to itself.');
    return this.#pair;
  }
}
