import type { SfuRoomInspection } from '@parley/shared/control';
import type { Place } from '../pipes/place.ts';
import type { Room } from './room.ts';

/** Where a room is, for operators. `nodeId`: this node. */
export function inspectRoom(room: Room, nodeId: string): SfuRoomInspection {
  const { home, branches, edges, directory, pipes, stage } = room;
  const place = ({ where }: Place) => ({ nodeId, ...where });
  const producers = [...directory.entries];
  return {
    home: place(home),
    mode: stage.forwarding.slots.length > 0 ? 'slots' : 'direct',
    slots: stage.slots,
    branches: [...branches, ...edges].map((branch) => ({
      ...place(branch),
      peers: branch.peerCount,
      producers: producers.filter(({ origin }) => origin === branch).length,
      consumers: branch.consumerCount,
    })),
    pipes: pipes.flows.map((flow) => ({ from: place(flow.from), to: place(flow.to), producers: flow.producers })),
  };
}
