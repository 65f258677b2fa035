import { resumedDeadline } from './healing.ts';
import type { Context, RoomInput } from './input.ts';
import { producersOn } from './producers.ts';
import type { RoomState } from './state.ts';

const EMPTY = {
  seq: 0,
  formerly: [],
  sfu: null,
  members: {},
  producers: [],
  fewSince: null,
  handoverDeadline: null,
  blockedUntil: 0,
  sfuRetryAt: null,
  healingUntil: null,
  youngUntil: null,
  adoptedPeers: [],
  locked: false,
  pinned: [],
  silencedUsers: [],
  removed: [],
  hookSeq: 0,
} as const satisfies Partial<RoomState>;

const FIRST_TOPOLOGY = { phase: 'mesh', epoch: 1, active: { kind: 'mesh', epoch: 1 }, next: null } as const;

/** A room in which nothing has happened. */
export function blankRoom(id: string): RoomState {
  return { ...EMPTY, id, incarnation: '', hookStream: '', topology: FIRST_TOPOLOGY };
}

/** A room as a first join finds it. */
export function newRoom(id: string, join: Extract<RoomInput, { type: 'join' }>): RoomState {
  return {
    ...blankRoom(id),
    incarnation: join.incarnation,
    hookStream: join.incarnation,
    youngUntil: join.youngUntil,
  };
}

/** A room from before a restart, as its first returning member remembers it. */
export function rebuiltRoom(
  id: string,
  { remembered, peers }: Extract<RoomInput, { type: 'resume' }>,
  { now, settings }: Context,
): RoomState {
  const { incarnation, topology, sfu } = remembered;
  return {
    ...EMPTY,
    id,
    incarnation,
    hookStream: `${incarnation}.${now.toString(36)}`,
    topology,
    sfu,
    producers: sfu && peers ? producersOn(sfu, peers) : [],
    adoptedPeers: peers?.map((peer) => peer.peerId) ?? [],
    handoverDeadline: topology.next ? resumedDeadline(now, settings) : null,
    healingUntil: now + settings.healingMs,
  };
}
