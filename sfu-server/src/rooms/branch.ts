import type { Logger } from '@parley/shared/runtime';
import type { RoomPeer } from '../peers/room-peer.ts';
import type { Place } from '../pipes/place.ts';

/** A place of a room where peers are: a router of this node (`LocalBranch`), or another node. */
export interface Branch extends Place {
  readonly peerCount: number;
  /** A peer that is not open yet. */
  createPeer(peerId: string, log: Logger): RoomPeer;
  /** Ends it with all that is on it. */
  close(): void;
}
