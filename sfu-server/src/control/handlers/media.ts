import type { Handlers } from './types.ts';

type MediaRequest =
  | 'peer:produce'
  | 'peer:pauseProducer'
  | 'peer:closeProducer'
  | 'peer:consume'
  | 'peer:resumeConsumers';

export const mediaHandlers: Pick<Handlers, MediaRequest> = {
  'peer:produce': async ({ rooms, caller }, { sfuRoomId, peerId, transportId, rtpParameters, paused }) => ({
    producerId: await rooms.use(sfuRoomId, caller).peer(peerId).produce(transportId, rtpParameters, paused),
  }),

  'peer:pauseProducer': async ({ rooms, caller }, { sfuRoomId, peerId, producerId, paused }) => {
    await rooms.use(sfuRoomId, caller).peer(peerId).pauseProducer(producerId, paused);
    return {};
  },

  'peer:closeProducer': async ({ rooms, caller }, { sfuRoomId, peerId, producerId }) => {
    await rooms.use(sfuRoomId, caller).peer(peerId).closeProducer(producerId);
    return {};
  },

  'peer:consume': async ({ rooms, caller }, { sfuRoomId, peerId, producerIds, rtpCapabilities }) => ({
    consumers: await rooms.use(sfuRoomId, caller).peer(peerId).consume(producerIds, rtpCapabilities),
  }),

  'peer:resumeConsumers': async ({ rooms, caller }, { sfuRoomId, peerId, consumerIds }) => {
    await rooms.use(sfuRoomId, caller).peer(peerId).resumeConsumers(consumerIds);
    return {};
  },
};
