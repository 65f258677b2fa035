import type { RoomSnapshot } from '@parley/shared/protocol';
import { participantOf } from './input.ts';
import { membersOf, type RoomState } from './state.ts';

/** The room as its members see it; who sends it adds the signed topology. */
export function snapshotOf(state: RoomState): Omit<RoomSnapshot, 'topologyToken'> {
  return {
    roomId: state.id,
    seq: state.seq,
    topology: state.topology,
    participants: membersOf(state)
      .sort((a, b) => a.since - b.since)
      .map(participantOf),
    producers: [...state.producers],
    slots: [],
    locked: state.locked,
    pinned: [...state.pinned],
    healing: state.healingUntil !== null,
  };
}
