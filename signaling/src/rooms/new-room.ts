import { resumedDeadline } from './healing.ts';
import type { Context, RoomInput } from './input.ts';
import { producersOn } from './producers.ts';
import { slotsOn } from './slots.ts';
import { type RoomState, sfuPathsOf } from './state.ts';

const EMPTY = {
  seq: 0,
  formerly: [],
  sfu: null,
  nextSfu: null,
  leaving: null,
  members: {},
  producers: [],
  slots: [],
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
  { remembered, found }: Extract<RoomInput, { type: 'resume' }>,
  { now, settings }: Context,
): RoomState {
  const { incarnation, topology, sfu, nextSfu } = remembered;
  const taken = sfuPathsOf(remembered).flatMap((path) => {
    const contents = found[path.sfuRoomId];
    return contents ? [{ path, ...contents }] : [];
  });
  return {
    ...EMPTY,
    id,
    incarnation,
    hookStream: `${incarnation}.${now.toString(36)}`,
    topology,
    sfu,
    nextSfu,
    producers: taken.flatMap(({ path, peers }) => producersOn(path, peers)),
    slots: taken.map(({ path, forwarding }) => slotsOn(path, forwarding)),
    adoptedPeers: [...new Set(taken.flatMap(({ peers }) => peers.map(({ peerId }) => peerId)))],
    handoverDeadline: topology.next ? resumedDeadline(now, settings) : null,
    healingUntil: now + settings.healingMs,
  };
}
