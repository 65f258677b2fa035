import {
  CONTROL_REQUESTS,
  type LinkChallenge,
  type LinkProof,
  PeerIdSchema,
  SfuRoomIdSchema,
} from '@parley/shared/control';
import { MediaId, RtpParametersSchema } from '@parley/shared/media';
import type { Ack } from '@parley/shared/protocol';
import * as v from 'valibot';

/*
 * What SFU nodes say to each other. A room has one home; a node that carries some of its peers for the home has an
 * edge of it. The home asks and the edge answers: the edge decides nothing about the room, so that the home's books
 * are the truth and what a cut link left different can be told and put right.
 */

/** The Socket.IO namespace of the links between nodes, on the port of the control link and with its secret. */
export const FLEET_NAMESPACE = '/fleet';

/** How many of its loudest microphones an edge tells the home of, every time. */
export const LEVELS_MAX = 32;

/** Which incarnation of an edge is meant: counted up by the home, so that what is late for an older one is refused. */
const Generation = v.pipe(v.number(), v.integer(), v.minValue(1));
const Port = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535));

/** One end of the pipe between two routers: where it receives, and the key it sends with (base64). */
export const PipeEndSchema = v.object({
  ip: v.pipe(v.string(), v.minLength(1), v.maxLength(255)),
  port: Port,
  srtpParameters: v.object({
    cryptoSuite: v.picklist([
      'AEAD_AES_256_GCM',
      'AEAD_AES_128_GCM',
      'AES_CM_128_HMAC_SHA1_80',
      'AES_CM_128_HMAC_SHA1_32',
    ]),
    keyBase64: v.pipe(v.string(), v.maxLength(128), v.base64()),
  }),
});
export type PipeEnd = v.InferOutput<typeof PipeEndSchema>;

const EdgeIdSchema = v.object({ sfuRoomId: SfuRoomIdSchema, generation: Generation });
/** An edge, by the room and its incarnation. The home is who is at the other end of the link. */
export type EdgeId = v.InferOutput<typeof EdgeIdSchema>;

const OfEdge = EdgeIdSchema.entries;
const OfProducer = { ...OfEdge, producerId: MediaId };
const Empty = v.object({});

/** What an edge holds, for a home whose link was cut. */
export const EdgeStateSchema = v.object({
  peers: v.array(
    v.object({
      peerId: PeerIdSchema,
      producers: v.array(v.object({ producerId: MediaId, paused: v.boolean() })),
    }),
  ),
  /** Producers the home pipes to the edge. */
  in: v.array(v.object({ producerId: MediaId, paused: v.boolean() })),
  /** Producers of the edge that it pipes to the home. */
  out: v.array(MediaId),
});
export type EdgeState = v.InferOutput<typeof EdgeStateSchema>;

/** A request of the control contract about one peer, for the peer of an edge. */
function proxied<I extends v.ObjectEntries, O extends v.GenericSchema>(request: {
  input: v.ObjectSchema<I, undefined>;
  output: O;
}) {
  return { input: v.object({ ...request.input.entries, generation: Generation }), output: request.output };
}

/** Every request a home can make of a node that has, or is to have, edges of its rooms. */
export const FLEET_REQUESTS = {
  /** The first on every link: who answers there, and which edges of this home process it still has. */
  'link:hello': { input: Empty, output: v.object({ nodeId: v.string(), edges: v.array(EdgeIdSchema) }) },
  /** Makes the edge; one of an older generation is closed first. Asked twice it answers the same. */
  'edge:open': {
    input: v.object({ ...OfEdge, pipe: PipeEndSchema }),
    /** `worker`: which of the node's, for people. */
    output: v.object({ worker: v.pipe(v.number(), v.integer(), v.minValue(0)), pipe: PipeEndSchema }),
  },
  'edge:close': { input: v.object(OfEdge), output: Empty },
  'edge:state': { input: v.object(OfEdge), output: EdgeStateSchema },
  /** The home sends this producer on the pipe: it can be consumed at the edge. `peerId`: whose it is; null: a slot. */
  'pipe:in': {
    input: v.object({
      ...OfProducer,
      peerId: v.nullable(PeerIdSchema),
      rtpParameters: RtpParametersSchema,
      paused: v.boolean(),
    }),
    output: Empty,
  },
  /** The edge sends this producer of one of its peers on the pipe from now on. */
  'pipe:out': {
    input: v.object(OfProducer),
    output: v.object({ rtpParameters: RtpParametersSchema, paused: v.boolean() }),
  },
  'pipe:pause': { input: v.object({ ...OfProducer, paused: v.boolean() }), output: Empty },
  'pipe:close': { input: v.object({ ...OfProducer, direction: v.picklist(['in', 'out']) }), output: Empty },
  'peer:open': proxied({ ...CONTROL_REQUESTS['peer:close'], output: CONTROL_REQUESTS['peer:open'].output }),
  'peer:close': proxied(CONTROL_REQUESTS['peer:close']),
  'peer:connect': proxied(CONTROL_REQUESTS['peer:connect']),
  'peer:restartIce': proxied(CONTROL_REQUESTS['peer:restartIce']),
  'peer:produce': proxied(CONTROL_REQUESTS['peer:produce']),
  'peer:pauseProducer': proxied(CONTROL_REQUESTS['peer:pauseProducer']),
  'peer:closeProducer': proxied(CONTROL_REQUESTS['peer:closeProducer']),
  'peer:consume': proxied(CONTROL_REQUESTS['peer:consume']),
  'peer:resumeConsumers': proxied(CONTROL_REQUESTS['peer:resumeConsumers']),
  /** The peer consumes these no longer. */
  'peer:drop': {
    input: v.object({ ...OfEdge, peerId: PeerIdSchema, producerIds: v.pipe(v.array(MediaId), v.maxLength(100_000)) }),
    output: Empty,
  },
  /** Sends the peer nothing of that producer until told otherwise: it is a slot, and the peer is in it. */
  'peer:withhold': {
    input: v.object({ ...OfProducer, peerId: PeerIdSchema, withheld: v.boolean() }),
    output: Empty,
  },
} as const;

export type FleetRequestName = keyof typeof FLEET_REQUESTS;
export type FleetInput<R extends FleetRequestName> = v.InferOutput<(typeof FLEET_REQUESTS)[R]['input']>;
export type FleetOutput<R extends FleetRequestName> = v.InferOutput<(typeof FLEET_REQUESTS)[R]['output']>;

/** What an edge tells its home. */
export const FLEET_EVENTS = {
  /** The edge is no more: its worker died, or the node ends. */
  'edge:closed': v.object({ ...OfEdge, reason: v.picklist(['worker_died', 'shutdown', 'lease']) }),
  /** A worker of the node died, and these peers with it; the edge is not gone. */
  'peers:lost': v.object({ ...OfEdge, peerIds: v.pipe(v.array(PeerIdSchema), v.maxLength(100_000)) }),
  /** A microphone ended by itself. */
  'producer:closed': v.object({ ...OfProducer, peerId: PeerIdSchema }),
  /** The loudest microphones of the last 250 ms (-127 to 0 dBov), the loudest first; none: all are silent. May be lost. */
  'edge:levels': v.object({
    ...OfEdge,
    levels: v.pipe(
      v.array(v.object({ producerId: MediaId, dBov: v.pipe(v.number(), v.minValue(-127), v.maxValue(0)) })),
      v.maxLength(LEVELS_MAX),
    ),
  }),
} as const;

export type FleetEventName = keyof typeof FLEET_EVENTS;
export type FleetEvent<E extends FleetEventName> = v.InferOutput<(typeof FLEET_EVENTS)[E]>;

/** Home to edge. */
export type FleetClientToServerEvents = {
  [R in FleetRequestName]: (input: FleetInput<R>, ack: (answer: Ack<FleetOutput<R>>) => void) => void;
};
/** Edge to home. */
export type FleetServerToClientEvents = { [E in FleetEventName]: (event: FleetEvent<E>) => void } & {
  'link:challenge': (challenge: LinkChallenge, ack: (answer: LinkProof) => void) => void;
  'link:proof': (proof: LinkProof) => void;
};
