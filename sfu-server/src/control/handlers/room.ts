import type { Handlers } from './types.ts';

export const roomHandlers: Pick<Handlers, 'room:open' | 'room:adopt' | 'room:close' | 'room:pin' | 'room:inspect'> = {
  'room:open': ({ rooms, caller }, { sfuRoomId }) => rooms.open(sfuRoomId, caller),

  'room:adopt': ({ rooms, caller }, { sfuRoomId }) => rooms.use(sfuRoomId, caller).state,

  'room:close': async ({ rooms }, { sfuRoomId }) => {
    await rooms.close(sfuRoomId);
    return {};
  },

  'room:pin': ({ rooms, caller }, { sfuRoomId, peerIds }) => {
    rooms.use(sfuRoomId, caller).stage.pin(peerIds);
    return {};
  },

  'room:inspect': ({ rooms, caller, nodeId }, { sfuRoomId }) => rooms.use(sfuRoomId, caller).inspect(nodeId),
};
