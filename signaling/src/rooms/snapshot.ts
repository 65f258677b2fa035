import type { RoomSnapshot } from '@parley/shared/protocol';
import { participantOf, type RememberedRoom } from './input.ts';
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
    slots: slotsOf(state),
    locked: state.locked,
    pinned: [...state.pinned],
    healing: state.healingUntil !== null,
  };
}

/** The room as its members carry it for the server, signed. */
export function memoryOf({ incarnation, topology, sfu, nextSfu }: RoomState): RememberedRoom {
  return { incarnation, topology, sfu, nextSfu };
}

function slotsOf({ slots }: RoomState): RoomSnapshot['slots'] {
  return slots
    .filter(({ producerIds }) => producerIds.length > 0)
    .sort((a, b) => a.epoch - b.epoch)
    .map(({ epoch, producerIds }) => ({ epoch, producerIds: [...producerIds] }));
}
