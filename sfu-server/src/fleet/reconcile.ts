import type { EdgeState } from './contract.ts';

/** What the home believes an edge to hold. */
export interface EdgeBooks {
  /** Peers, and their producers: paused or not. */
  peers: ReadonlyMap<string, ReadonlyMap<string, boolean>>;
  /** Producers piped to the edge: paused or not. */
  in: ReadonlyMap<string, boolean>;
  /** Producers piped from the edge. */
  out: ReadonlySet<string>;
}

/** What is to be done so that both sides hold the same again. */
export interface Differences {
  /** At the edge and not in the books: an answer got lost, or a close did. */
  closePeers: string[];
  closeProducers: { peerId: string; producerId: string }[];
  closePipes: { producerId: string; direction: 'in' | 'out' }[];
  /** In the books and no longer at the edge. */
  lostPeers: string[];
  endedProducers: { peerId: string; producerId: string }[];
  /** Pipes gone that have to be there: no lost message explains that, and what was fed by them is silent. */
  lostPipes: { producerId: string; direction: 'in' | 'out' }[];
  /** The edge knows best what its microphones do, the home what it pipes there. */
  pausedProducers: { peerId: string; producerId: string; paused: boolean }[];
  pausePipes: { producerId: string; paused: boolean }[];
}

/** Compares the home's books with what the edge says it holds. Nothing may be under way between the two meanwhile. */
export function reconcile(books: EdgeBooks, edge: EdgeState): Differences {
  const differences: Differences = {
    closePeers: [],
    closeProducers: [],
    closePipes: [],
    lostPeers: [],
    endedProducers: [],
    lostPipes: [],
    pausedProducers: [],
    pausePipes: [],
  };
  comparePeers(books, edge, differences);
  comparePipes(books, edge, differences);
  return differences;
}

function comparePeers(books: EdgeBooks, edge: EdgeState, differences: Differences): void {
  const there = new Map(edge.peers.map((peer) => [peer.peerId, peer.producers]));
  for (const [peerId, producers] of there) {
    const known = books.peers.get(peerId);
    if (!known) {
      differences.closePeers.push(peerId);
      continue;
    }
    for (const { producerId, paused } of producers) {
      const bookedPaused = known.get(producerId);
      if (bookedPaused === undefined) differences.closeProducers.push({ peerId, producerId });
      else if (bookedPaused !== paused) differences.pausedProducers.push({ peerId, producerId, paused });
    }
  }
  for (const [peerId, producers] of books.peers) {
    const has = there.get(peerId);
    if (!has) {
      differences.lostPeers.push(peerId);
      continue;
    }
    for (const producerId of producers.keys()) {
      if (!has.some((one) => one.producerId === producerId)) differences.endedProducers.push({ peerId, producerId });
    }
  }
}

function comparePipes(books: EdgeBooks, edge: EdgeState, differences: Differences): void {
  for (const { producerId, paused } of edge.in) {
    const booked = books.in.get(producerId);
    if (booked === undefined) differences.closePipes.push({ producerId, direction: 'in' });
    else if (booked !== paused) differences.pausePipes.push({ producerId, paused: booked });
  }
  for (const producerId of books.in.keys()) {
    if (!edge.in.some((one) => one.producerId === producerId)) {
      differences.lostPipes.push({ producerId, direction: 'in' });
    }
  }
  for (const producerId of edge.out) {
    if (!books.out.has(producerId)) differences.closePipes.push({ producerId, direction: 'out' });
  }
  // A pipe of a microphone that ended, or of a peer that is lost, has gone with it.
  const gone = new Set(differences.endedProducers.map(({ producerId }) => producerId));
  for (const peerId of differences.lostPeers) for (const id of books.peers.get(peerId)?.keys() ?? []) gone.add(id);
  for (const producerId of books.out) {
    if (!edge.out.includes(producerId) && !gone.has(producerId)) {
      differences.lostPipes.push({ producerId, direction: 'out' });
    }
  }
}
