import type { ProducerInfo, Slots, Topology } from '@parley/shared/protocol';

/** A room on an SFU node. */
export interface SfuHandle {
  sfuRoomId: string;
  nodeId: string;
}

/** The SFU room that carries the path `epoch`. */
export interface SfuPath extends SfuHandle {
  epoch: number;
}

/** How the SFU path `epoch` forwards: through these slots, or, without any, microphones. */
export interface PathSlots extends Slots {
  /** Goes up with every change: what is older is ignored. */
  readonly generation: number;
}

/** Someone in a room. Plain data: a store may keep it as JSON. */
export interface Member {
  id: string;
  /** Who they are beyond this room. */
  userId: string;
  name: string;
  metadata: Record<string, string>;
  muted: boolean;
  deafened: boolean;
  /** A moderator took the word from them: nothing of theirs is heard, whatever their own switch says. */
  silenced: boolean;
  connection: 'connected' | 'reconnecting';
  canSpeak: boolean;
  canListen: boolean;
  /** Made by the client, known to nobody else: a repeated join with it is the same member. */
  joinId: string;
  /** The connection that speaks for this member. Whatever an older one says or does is void. */
  sessionId: string;
  /** The signaling node that holds that connection. */
  nodeId: string;
  /** Goes up with every connection that takes the word: what ends an earlier one does not end a later one. */
  attachEpoch: number;
  /** The newest epoch of a pending path on which they hear everyone; 0: none yet. */
  readyEpoch: number;
  /** They said that they cannot hold a mesh: no demotion while they are here. */
  needsSfu: boolean;
  /** When, in ms, they or their connection last said whether they are muted or deafened, and later than the time before: of two memories the later one is right. */
  switchedAt: number;
  /** The number of the event that told of them: the order in which they came. */
  since: number;
  /** When, in ms, they are given up if they have not resumed; null while connected. */
  goneAt: number | null;
}

/** Someone whom a moderator sent away: what they hold to come back is void. */
export interface Removal {
  /** Null: of someone banned who was not here. */
  readonly memberId: string | null;
  readonly userId: string;
  /** Until then no connection of theirs comes in; 0: they were removed, not banned. */
  readonly bannedUntil: number;
}

/** All that signaling knows of one room. Times are ms since the epoch. */
export interface RoomState {
  readonly id: string;
  /** Tells this room from an earlier one of the same name, whose tokens and epochs mean nothing here. */
  readonly incarnation: string;
  /** Other incarnations that turned out to be this same room; their tokens hold. Bounded, newest last. */
  readonly formerly: readonly string[];
  /** The number of the last event. */
  readonly seq: number;
  readonly topology: Topology;
  /** What carries the SFU path in use or being promoted to; null in a mesh, and while a lost one has no successor. */
  readonly sfu: SfuPath | null;
  /** While the room moves from one SFU path to another: what carries the other. */
  readonly nextSfu: SfuPath | null;
  /** A node that carries people of `sfu`, its home or an edge, is going away: the room is to move to where it is not. */
  readonly leaving: string | null;
  readonly members: { readonly [memberId: string]: Member };
  readonly producers: readonly ProducerInfo[];
  /** Of SFU paths whose SFU has said how it forwards. */
  readonly slots: readonly PathSlots[];
  /** Since when the room has been small enough to return to a mesh. */
  readonly fewSince: number | null;
  /** When a handover under way ends, ready or not. */
  readonly handoverDeadline: number | null;
  /** No demotion before this time. */
  readonly blockedUntil: number;
  /** When to look for an SFU (again), while the room wants one and has none, or is to leave the one it has. */
  readonly sfuRetryAt: number | null;
  /** Rebuilt after a restart: until then, members are still expected back. */
  readonly healingUntil: number | null;
  /**
   * Made by a join just after this process started: until then, members of the room as it was before the restart may
   * still turn up and bring its true topology with them. Null: nobody can.
   */
  readonly youngUntil: number | null;
  /** Peers found on adopted SFU rooms: whoever has not resumed when healing ends is closed there. */
  readonly adoptedPeers: readonly string[];
  /** Nobody new comes in but moderators. */
  readonly locked: boolean;
  /** Members who keep a speaker slot while they speak; at most `PINNED_MAX`. */
  readonly pinned: readonly string[];
  /** Users without the word, here or gone: leaving and joining again gives it back to nobody. Bounded, newest last. */
  readonly silencedUsers: readonly string[];
  /** Bounded, newest last. */
  readonly removed: readonly Removal[];
  /** Names the series of hooks that `hookSeq` numbers: a room rebuilt after a restart begins a new one. */
  readonly hookStream: string;
  /** The number of the last hook. */
  readonly hookSeq: number;
}

export interface RoomSettings {
  meshMaxPeers: number;
  meshReturnPeers: number;
  meshReturnAfterMs: number;
  handoverDeadlineMs: number;
  resumeWindowMs: number;
  roomMaxPeers: number;
  /** How long a rebuilt room waits for its members. */
  healingMs: number;
  /** How long an aborted demotion is not tried again. */
  demotionBackoffMs: number;
  /** How long after a failure an SFU is looked for again. */
  sfuRetryMs: number;
}

export function membersOf(state: RoomState): Member[] {
  return Object.values(state.members);
}

/** Members, connected or expected back: whoever has media in the room. */
export function sizeOf(state: RoomState): number {
  return Object.keys(state.members).length;
}

/** Whether the room cannot do, or should not have to do, as a mesh. */
export function wantsSfu(state: RoomState, settings: RoomSettings): boolean {
  return sizeOf(state) > settings.meshMaxPeers || membersOf(state).some((member) => member.needsSfu);
}

/** What carries the room's SFU paths: one; two while it moves from one to another; none in a mesh. */
export function sfuPathsOf({ sfu, nextSfu }: Pick<RoomState, 'sfu' | 'nextSfu'>): SfuPath[] {
  return [sfu, nextSfu].filter((path) => path !== null);
}

/** The SFU path that was made in `epoch`. */
export function sfuPathAt(state: RoomState, epoch: number): SfuPath | undefined {
  return sfuPathsOf(state).find((path) => path.epoch === epoch);
}

/** The SFU path that an SFU room carries. */
export function sfuPathOf(state: RoomState, sfuRoomId: string): SfuPath | undefined {
  return sfuPathsOf(state).find((path) => path.sfuRoomId === sfuRoomId);
}

export function handleOf({ sfuRoomId, nodeId }: SfuHandle): SfuHandle {
  return { sfuRoomId, nodeId };
}

/** Whether the SFU that carries the room is gone and has no successor yet. */
export function hasLostSfu(state: RoomState): boolean {
  return state.topology.active.kind === 'sfu' && state.sfu === null;
}
