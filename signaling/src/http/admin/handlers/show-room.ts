import { ParleyError } from '@parley/shared/protocol';
import { membersOf, type SfuPath, sfuPathsOf, snapshotOf } from '../../../rooms/index.ts';
import { roomIdOf } from '../inputs.ts';
import type { AdminHandler, AdminServices } from '../route.ts';

export const showRoom: AdminHandler = async (request) => {
  const state = await request.rooms.read(roomIdOf(request));
  if (!state) throw new ParleyError('room_not_found');
  const { roomId, topology, participants, locked } = snapshotOf(state);
  const nodes = new Map(membersOf(state).map(({ id, nodeId }) => [id, nodeId]));
  return {
    ...{ roomId, incarnation: state.hookStream, topology, locked },
    participants: participants.map((participant) => ({ ...participant, nodeId: nodes.get(participant.id) })),
    sfu: await Promise.all(sfuPathsOf(state).map((path) => placementOf(path, request))),
  };
};

/** Where one SFU path of a room is; `placement` null: its node does not say. */
export async function placementOf({ epoch, nodeId, sfuRoomId }: SfuPath, { sfu }: Pick<AdminServices, 'sfu'>) {
  const placement = await sfu.request(nodeId, 'room:inspect', { sfuRoomId }).catch(() => null);
  return { epoch, nodeId, sfuRoomId, placement };
}
