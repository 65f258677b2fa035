import { ParleyError } from '@parley/shared/protocol';
import { membersOf, snapshotOf } from '../../../rooms/index.ts';
import { roomIdOf } from '../inputs.ts';
import type { AdminHandler } from '../route.ts';

export const showRoom: AdminHandler = async (request) => {
  const state = await request.rooms.read(roomIdOf(request));
  if (!state) throw new ParleyError('room_not_found');
  const { roomId, topology, participants, locked } = snapshotOf(state);
  const nodes = new Map(membersOf(state).map(({ id, nodeId }) => [id, nodeId]));
  return {
    ...{ roomId, incarnation: state.hookStream, topology, locked },
    participants: participants.map((participant) => ({ ...participant, nodeId: nodes.get(participant.id) })),
  };
};
