import type { RoomPeer } from '../peers/room-peer.ts';
import type { Holder } from '../rooms/holders.ts';
import type { EdgeId, FleetInput, FleetOutput, FleetRequestName } from './contract.ts';
import type { Edge } from './edge.ts';
import type { Edges } from './edges.ts';

/** Who asks, and what of. */
export interface FleetContext {
  /** This node. */
  nodeId: string;
  edges: Edges;
  home: Holder;
  /**
   * Aborted when the answer cannot be given any more, because its time is over or the link is gone. What was made for
   * it is then unmade: the home does not know of it.
   */
  signal: AbortSignal;
}

type Handler<R extends FleetRequestName> = (
  context: FleetContext,
  input: FleetInput<R>,
) => FleetOutput<R> | Promise<FleetOutput<R>>;

const edgeOf = ({ edges, home }: FleetContext, id: EdgeId): Edge => edges.use(home, id);
const peerOf = (context: FleetContext, input: EdgeId & { peerId: string }): RoomPeer =>
  edgeOf(context, input).room.peer(input.peerId);

/** What a node does for the homes of rooms. One handler for each request of the contract. */
export const fleetHandlers: { [R in FleetRequestName]: Handler<R> } = {
  'link:hello': ({ nodeId, edges, home }) => ({ nodeId, edges: edges.of(home) }),

  'edge:open': async ({ edges, home, signal }, { sfuRoomId, generation, pipe }) => {
    const id = { sfuRoomId, generation };
    const opened = await edges.open(home, id, pipe);
    if (signal.aborted) edges.close(home, id);
    return opened;
  },

  'edge:close': ({ edges, home }, { sfuRoomId, generation }) => {
    edges.close(home, { sfuRoomId, generation });
    return {};
  },

  'edge:state': (context, input) => edgeOf(context, input).state,

  'pipe:in': async (context, input) => {
    const edge = edgeOf(context, input);
    await edge.pipeIn(input);
    if (context.signal.aborted) edge.closePipe(input.producerId, 'in');
    return {};
  },

  'pipe:out': async (context, input) => {
    const edge = edgeOf(context, input);
    const piped = await edge.pipeOut(input.producerId);
    if (context.signal.aborted) edge.closePipe(input.producerId, 'out');
    return piped;
  },

  'pipe:pause': async (context, input) => {
    await edgeOf(context, input).pausePipe(input.producerId, input.paused);
    return {};
  },

  'pipe:close': (context, input) => {
    edgeOf(context, input).closePipe(input.producerId, input.direction);
    return {};
  },

  'peer:open': async (context, input) => {
    const edge = edgeOf(context, input);
    const opened = await edge.room.openPeer(input.peerId);
    if (context.signal.aborted) edge.room.closePeer(input.peerId);
    return opened;
  },

  'peer:close': (context, input) => {
    edgeOf(context, input).room.closePeer(input.peerId);
    return {};
  },

  'peer:connect': async (context, input) => {
    await peerOf(context, input).connect(input.transportId, input.dtlsParameters);
    return {};
  },

  'peer:restartIce': async (context, input) => ({
    iceParameters: await peerOf(context, input).restartIce(input.transportId),
  }),

  'peer:produce': async (context, input) => {
    const peer = peerOf(context, input);
    const producerId = await peer.produce(input.transportId, input.rtpParameters, input.paused);
    if (context.signal.aborted && peer.producerIds.includes(producerId)) await peer.closeProducer(producerId);
    return { producerId };
  },

  'peer:pauseProducer': async (context, input) => {
    await peerOf(context, input).pauseProducer(input.producerId, input.paused);
    return {};
  },

  'peer:closeProducer': async (context, input) => {
    await peerOf(context, input).closeProducer(input.producerId);
    return {};
  },

  'peer:consume': async (context, input) => ({
    consumers: await peerOf(context, input).consume(input.producerIds, input.rtpCapabilities),
  }),

  'peer:resumeConsumers': async (context, input) => {
    await peerOf(context, input).resumeConsumers(input.consumerIds);
    return {};
  },

  'peer:drop': (context, input) => {
    peerOf(context, input).drop(input.producerIds);
    return {};
  },

  'peer:withhold': async (context, input) => {
    await peerOf(context, input).withhold(input.producerId, input.withheld);
    return {};
  },
};
