import type { Forwarding } from '@parley/shared/control';
import type { ErrorCode, ParticipantInfo, RoomEvent, Topology, TopologyReason } from '@parley/shared/protocol';
import type { RoomSettings, RoomState, SfuHandle, SfuPath } from './state.ts';

/** The connection that speaks for a member: inputs of an older one are refused. */
export interface Speaker {
  memberId: string;
  sessionId: string;
}

/** Who someone is in a room, and what they may do there, by their access token. */
export interface Standing {
  userId: string;
  metadata: Readonly<Record<string, string>>;
  canSpeak: boolean;
  canListen: boolean;
}

/** Who comes in, or comes back. */
export interface Arrival extends Standing {
  memberId: string;
  name: string;
  muted: boolean;
  deafened: boolean;
  joinId: string;
  sessionId: string;
  nodeId: string;
  /** Comes in though the room is locked. */
  passesLock: boolean;
}

/** Whom a moderator means: one membership, or all of a user. */
export type Target = { memberId: string } | { userId: string };

/** What an SFU room holds, by peer. */
export type SfuPeers = { peerId: string; producerIds: string[] }[];

/** What is found in an SFU room that is taken over. */
export interface SfuContents {
  peers: SfuPeers;
  forwarding: Forwarding;
}

/** SFU rooms that could be taken over, by id. */
export type FoundSfus = Readonly<Record<string, SfuContents>>;

/** The room as a member remembers it, from a signed token. */
export interface RememberedRoom {
  incarnation: string;
  topology: Topology;
  sfu: SfuPath | null;
  nextSfu: SfuPath | null;
}

/** What a node says again after the common store was away, or has lost the room. */
export interface Reassertion {
  /** The room as the node knew it. */
  memory: RoomState;
  nodeId: string;
  /** Who speaks through the node's connections now. */
  speakers: readonly Speaker[];
}

/** All that can happen to a room. */
export type RoomInput =
  /** `incarnation` and `youngUntil` are for a room that this join creates; `sfu` is a room prepared on an SFU. */
  | { type: 'join'; arrival: Arrival; sfu: SfuHandle | null; incarnation: string; youngUntil: number | null }
  /** `found`: what the remembered SFU rooms hold, those that had to be and could be taken over. */
  | { type: 'resume'; arrival: Arrival; remembered: RememberedRoom; found: FoundSfus; sfu: SfuHandle | null }
  | ({ type: 'leave' } & Speaker)
  | ({ type: 'disconnect' } & Speaker)
  | ({ type: 'update'; muted: boolean; deafened: boolean } & Speaker)
  /** The member's token was renewed: this is who they are, and what they may, from now on. */
  | ({ type: 'renewed'; name: string | null; standing: Standing } & Speaker)
  | ({ type: 'ready'; epoch: number } & Speaker)
  | ({ type: 'requestSfu'; epoch: number; sfu: SfuHandle | null } & Speaker)
  | ({ type: 'producerAdded'; epoch: number; sfuRoomId: string; producerId: string } & Speaker)
  /** The member's transports are opened anew: their microphones on that path are no more. */
  | ({ type: 'producersDropped'; epoch: number } & Speaker)
  | { type: 'producerRemoved'; sfuRoomId: string; memberId: string; producerId: string }
  | { type: 'sfuLost'; sfuRoomId: string }
  /** An SFU node that carries the SFU room, or some of its peers, is going away: the room moves, from `at` on. */
  | { type: 'sfuLeaving'; sfuRoomId: string; nodeId: string; at: number }
  /** The SFU room has nobody on that other node any more: nothing is left to be moved from there. */
  | { type: 'edgeLeft'; sfuRoomId: string; nodeId: string }
  /** How the SFU room forwards now. */
  | { type: 'forwardingChanged'; sfuRoomId: string; forwarding: Forwarding }
  /** The SFU room lives, what carried these peers in it does not. Of them, those connected to `nodeId` are told. */
  | { type: 'peersLost'; sfuRoomId: string; peerIds: readonly string[]; nodeId: string }
  /** The control link was away: this is what the SFU room holds now. */
  | ({ type: 'sfuReconciled'; sfuRoomId: string } & SfuContents)
  /** A search for an SFU, asked for by the effect `prepareSfu`, has ended. */
  | { type: 'sfuPrepared'; sfu: SfuHandle }
  | { type: 'sfuUnavailable' }
  /** What moderators do; `by`: the member who asks, null when it comes from outside the room. */
  | { type: 'silence'; by: Speaker | null; target: Target; silenced: boolean }
  /** `bannedUntil`: no connection of theirs comes in before; null: they may come back at once. */
  | { type: 'remove'; by: Speaker | null; target: Target; bannedUntil: number | null }
  /** Lifts a user's ban. */
  | { type: 'pardon'; by: Speaker | null; userId: string }
  /** Gives someone a speaker slot for good, or takes it back. */
  | { type: 'pin'; by: Speaker | null; memberId: string; pinned: boolean }
  | { type: 'lock'; by: Speaker | null; locked: boolean }
  | { type: 'end'; by: Speaker | null }
  | ({ type: 'reassert' } & Reassertion)
  /** A signaling node is dead; `at`: when it was last heard. Whoever was connected to it may resume elsewhere. */
  | { type: 'nodeLost'; nodeId: string; at: number }
  | { type: 'tick' };

/** A room event before it is dressed for the wire: a topology is signed by who sends it. */
export type DomainEvent =
  | Exclude<RoomEvent, { type: 'topologyChanged' }>
  | ({ type: 'topologyChanged'; reason: TopologyReason } & Omit<RememberedRoom, 'incarnation'>);

export interface NumberedEvent {
  seq: number;
  event: DomainEvent;
}

/** What the integrator's server is told of. */
export type Hook =
  /** `recovered`: rebuilt after a restart; the series before it has no end of its own. */
  | { type: 'roomStarted'; recovered: boolean }
  | { type: 'participantJoined'; participantId: string; userId: string; name: string }
  | { type: 'participantLeft'; participantId: string; userId: string; reason: LeaveReason | 'ended' }
  | { type: 'participantSilenced'; participantId: string; userId: string; silenced: boolean }
  | { type: 'topologyChanged'; phase: Topology['phase']; epoch: number; reason: TopologyReason }
  | { type: 'roomLocked'; locked: boolean }
  /** `empty`: the last one has left. */
  | { type: 'roomEnded'; reason: 'empty' | 'ended' };

/** Why someone is no longer in the room. */
export type LeaveReason = Extract<RoomEvent, { type: 'participantLeft' }>['reason'];

export interface NumberedHook {
  stream: string;
  seq: number;
  /** When it happened, in ms since the epoch. */
  at: number;
  hook: Hook;
}

/** What is to be done outside once the new state is stored. */
export type Effect =
  | { type: 'closeSfuRoom'; sfu: SfuHandle }
  | { type: 'closeSfuPeer'; sfu: SfuHandle; peerId: string }
  | { type: 'closeSfuProducer'; sfu: SfuHandle; peerId: string; producerId: string }
  | { type: 'pauseSfuProducer'; sfu: SfuHandle; peerId: string; producerId: string }
  /** These peers keep a slot while they speak, and no others. */
  | { type: 'pinSfuPeers'; sfu: SfuHandle; peerIds: readonly string[] }
  /**
   * Look for an SFU, not on the node `not`; answer with `sfuPrepared` or `sfuUnavailable`. Where `not` is but an edge of
   * `edgeOf`, first see whether anybody is there; if not, answer with `edgeLeft`.
   */
  | { type: 'prepareSfu'; not: string | null; edgeOf: SfuHandle | null }
  /** That connection, of this node, is told that the SFU has lost its peer on the path `epoch`. */
  | { type: 'sfuPeerLost'; sessionId: string; epoch: number }
  /** That connection is to be made anew, so that its client brings what only it knows. */
  | { type: 'reconnect'; sessionId: string; nodeId: string }
  /** That connection no longer speaks for the member, and is told why. */
  | { type: 'fence'; memberId: string; sessionId: string; nodeId: string; fence: Fence };

/**
 * Why a connection no longer speaks for a member: another one has taken the word, in that epoch (if the connection has
 * taken it back since, it keeps it), or the member is gone.
 */
export type Fence = { code: 'conflict'; attachEpoch: number } | { code: 'removed' | 'banned' | 'room_ended' };

/** How the input itself fared. `usedSfu`: the prepared SFU room is now the room's. */
export type Result =
  | { ok: true; memberId: string | null; usedSfu: boolean }
  | { ok: false; code: ErrorCode; retryAfterMs?: number };

export interface Outcome {
  /** Null: the room is no more. */
  state: RoomState | null;
  events: NumberedEvent[];
  hooks: NumberedHook[];
  effects: Effect[];
  /** When a `tick` is next needed; null: not before something else happens. */
  wakeAt: number | null;
  result: Result;
}

export interface Context {
  now: number;
  settings: RoomSettings;
}

export function participantOf(member: ParticipantInfo): ParticipantInfo {
  const { id, userId, name, metadata, muted, deafened, silenced, connection, canSpeak, canListen } = member;
  return { id, userId, name, metadata, muted, deafened, silenced, connection, canSpeak, canListen };
}

/** An input that is refused, with what its answer says. */
export interface ErrorRefusal {
  refused: ErrorCode;
  retryAfterMs?: number;
}
