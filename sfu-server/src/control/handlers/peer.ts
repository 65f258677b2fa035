import type { Handlers } from './types.ts';

export const peerHandlers: Pick<Handlers, 'peer:open' | 'peer:close' | 'peer:connect' | 'peer:restartIce'> = {
  'peer:open': ({ rooms, caller, nodeId }, { sfuRoomId, peerId, at }) => {
    // A node that no other reaches is named without an address.
    const isAway = at && at.nodeId !== nodeId && at.url !== '';
    return rooms.use(sfuRoomId, caller).openPeer(peerId, isAway ? at : undefined);
  },

  'peer:close': ({ rooms, caller }, { sfuRoomId, peerId }) => {
    // What is gone already is as closed as was asked for.
    rooms.find(sfuRoomId, caller)?.closePeer(peerId);
    return {};
  },

  'peer:connect': async ({ rooms, caller }, { sfuRoomId, peerId, transportId, dtlsParameters }) => {
    await rooms.use(sfuRoomId, caller).peer(peerId).connect(transportId, dtlsParameters);
    return {};
  },

  'peer:restartIce': async ({ rooms, caller }, { sfuRoomId, peerId, transportId }) => ({
    iceParameters: await rooms.use(sfuRoomId, caller).peer(peerId).restartIce(transportId),
  }),
};
