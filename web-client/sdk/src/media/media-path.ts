import type { Attempt } from '@parley/shared/protocol';
import type { Emitter } from '@parley/shared/runtime';
import type { TopologyKind } from '../types.ts';
import type { RemoteSource } from './remote-source.ts';
import type { SlotSource, Way } from './voice-source.ts';

/** What we send: a track of our own (null: no microphone), and whether it is muted. */
export interface Outgoing {
  track: MediaStreamTrack | null;
  muted: boolean;
}

export type MediaPathEvents = {
  sourceAdded: [source: RemoteSource];
  sourceRemoved: [source: RemoteSource];
  slotAdded: [slot: SlotSource];
  slotRemoved: [slot: SlotSource];
  /** Voices come another way from now on; what carried them before goes on until `release()`. */
  carrierChanged: [];
  /** `healthy`, `sendReady` or `isConnectedTo` may have changed. */
  stateChanged: [];
  /** This path cannot be had here (a mesh without a direct way). */
  unreachable: [participantId: string];
  /** Nothing but a relay may be used, and none was found: `healthy` is false until one is. */
  relayMissing: [];
  /** A way of its media came up, or did not. */
  attempted: [attempt: Attempt];
};

/** One way for a room's media, in one epoch. Mesh and SFU look alike from here. */
export interface MediaPath extends Way {
  readonly kind: TopologyKind;
  readonly events: Emitter<MediaPathEvents>;
  /** Our own sound is on its way to everyone who is there. */
  readonly sendReady: boolean;
  /** No transport of it is down. */
  readonly healthy: boolean;
  /** Packets of that participant can reach us. */
  isConnectedTo(participantId: string): boolean;
  /** They are there, and may not be heard all the same: speaker slots are for the loudest. */
  mayLeaveOut(participantId: string): boolean;
  setOutgoing(outgoing: Outgoing): void;
  participantJoined(participantId: string): void;
  participantLeft(participantId: string): void;
  /** Signaling is back (ours, or that of `participantId`): take up what could not be said meanwhile. */
  signalingResumed(participantId?: string): void;
  /** The device has another network, or has slept: what is up may be dead without knowing. */
  networkChanged(): void;
  /** Other ICE servers, or other credentials of theirs: they are used from the next ICE restart on. */
  iceChanged(): void;
  senders(): RTCRtpSender[];
  /** Everyone is heard the way the path carries voices now: what carried them before is closed. */
  release(): void;
  /** Idempotent. Sources end without `sourceRemoved`: who closes a path knows. */
  close(): void;
}
