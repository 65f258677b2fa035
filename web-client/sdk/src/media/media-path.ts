import type { Attempt } from '@parley/shared/protocol';
import type { Emitter } from '@parley/shared/runtime';
import type { TopologyKind } from '../types.ts';
import type { RemoteSource } from './remote-source.ts';

/** What we send: a track of our own (null: no microphone), and whether it is muted. */
export interface Outgoing {
  track: MediaStreamTrack | null;
  muted: boolean;
}

export type MediaPathEvents = {
  sourceAdded: [source: RemoteSource];
  sourceRemoved: [source: RemoteSource];
  /** `healthy`, `sendReady` or `isConnectedTo` may have changed. */
  stateChanged: [];
  /** This path cannot be had here (a mesh without a direct way). */
  unreachable: [participantId: string];
  /** A way of its media came up, or did not. */
  attempted: [attempt: Attempt];
};

/** One way for a room's media, in one epoch. Mesh and SFU look alike from here. */
export interface MediaPath {
  readonly kind: TopologyKind;
  readonly epoch: number;
  readonly events: Emitter<MediaPathEvents>;
  /** Our own sound is on its way to everyone who is there. */
  readonly sendReady: boolean;
  /** No transport of it is down. */
  readonly healthy: boolean;
  /** Packets of that participant can reach us. */
  isConnectedTo(participantId: string): boolean;
  setOutgoing(outgoing: Outgoing): void;
  participantJoined(participantId: string): void;
  participantLeft(participantId: string): void;
  /** Signaling is back (ours, or that of `participantId`): take up what could not be said meanwhile. */
  signalingResumed(participantId?: string): void;
  senders(): RTCRtpSender[];
  /** Idempotent. Sources end without `sourceRemoved`: who closes a path knows. */
  close(): void;
}
