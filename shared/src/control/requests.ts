import * as v from 'valibot';
import { MediaId } from '../media/id.ts';
import { MEDIA_REQUESTS, RtpCapabilitiesSchema } from '../media/index.ts';
import { SfuRoomInspectionSchema } from './inspection.ts';
import { NodeAddressSchema } from './node.ts';

/** A room on an SFU: one per SFU path, so what is late for an older path finds nothing. */
export const SfuRoomIdSchema = v.pipe(v.string(), v.minLength(1), v.maxLength(512));
/** A peer is a participant as the SFU knows it: an id, no user, no name. */
export const PeerIdSchema = v.pipe(v.string(), v.minLength(1), v.maxLength(64));

const Empty = v.object({});
const OfRoom = { sfuRoomId: SfuRoomIdSchema };
const OfPeer = { ...OfRoom, peerId: PeerIdSchema };

/** A request about media, for one peer. */
function ofPeer<I extends v.ObjectEntries, O extends v.GenericSchema>({ input, output }: { input: I; output: O }) {
  return { input: v.object({ ...OfPeer, ...input }), output };
}

/**
 * What listeners of a room consume. `slots` are its slot producers, consumed by everyone once, instead of any
 * microphone; empty: the microphones themselves. `generation` goes up with every change.
 */
export const ForwardingSchema = v.object({
  generation: v.pipe(v.number(), v.integer(), v.minValue(0)),
  slots: v.pipe(v.array(MediaId), v.maxLength(64)),
});
export type Forwarding = v.InferOutput<typeof ForwardingSchema>;

/** A room as the SFU has it: for a signaling node that opens it or takes it over again. */
export const SfuRoomStateSchema = v.object({
  routerRtpCapabilities: RtpCapabilitiesSchema,
  peers: v.array(v.object({ peerId: PeerIdSchema, producerIds: v.array(MediaId) })),
  forwarding: ForwardingSchema,
});
export type SfuRoomState = v.InferOutput<typeof SfuRoomStateSchema>;

/** Every request signaling can make of an SFU node: what it sends and what the answer carries. */
export const CONTROL_REQUESTS = {
  /** Creates the room, or answers with the one that exists; either way the caller now holds its lease. */
  'room:open': { input: v.object(OfRoom), output: SfuRoomStateSchema },
  /** Like `room:open`, but only for a room that exists (`not_found` otherwise). */
  'room:adopt': { input: v.object(OfRoom), output: SfuRoomStateSchema },
  'room:close': { input: v.object(OfRoom), output: Empty },
  /** These peers hold a slot whether they are loud or not, as long as there are slots; the first of them win. */
  'room:pin': {
    input: v.object({ ...OfRoom, peerIds: v.pipe(v.array(PeerIdSchema), v.maxLength(64)) }),
    output: Empty,
  },
  /** Where the room is: for operators. */
  'room:inspect': { input: v.object(OfRoom), output: SfuRoomInspectionSchema },
  /** The node takes no new rooms and ends when it has none left, or `deadlineMs` from now; null: its own deadline. */
  'node:drain': {
    input: v.object({ deadlineMs: v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(86_400_000))) }),
    output: Empty,
  },
  /**
   * Opens a peer with its two transports; a peer of that id already there is closed first. `at`: the node that is to
   * carry it, as an edge of the room; without it, or where that cannot be done, the room's home does.
   */
  'peer:open': {
    input: v.object({ ...OfPeer, at: v.optional(NodeAddressSchema) }),
    output: MEDIA_REQUESTS.open.output,
  },
  'peer:close': { input: v.object(OfPeer), output: Empty },
  'peer:connect': ofPeer(MEDIA_REQUESTS.connect),
  'peer:restartIce': ofPeer(MEDIA_REQUESTS.restartIce),
  'peer:produce': ofPeer(MEDIA_REQUESTS.produce),
  'peer:pauseProducer': ofPeer(MEDIA_REQUESTS.pauseProducer),
  'peer:closeProducer': ofPeer(MEDIA_REQUESTS.closeProducer),
  /** Consumers are created paused; a producer already consumed answers with its present consumer. */
  'peer:consume': ofPeer(MEDIA_REQUESTS.consume),
  'peer:resumeConsumers': ofPeer(MEDIA_REQUESTS.resumeConsumers),
} as const;

export type ControlRequestName = keyof typeof CONTROL_REQUESTS;
export type ControlInput<R extends ControlRequestName> = v.InferOutput<(typeof CONTROL_REQUESTS)[R]['input']>;
export type ControlOutput<R extends ControlRequestName> = v.InferOutput<(typeof CONTROL_REQUESTS)[R]['output']>;
export const CONTROL_REQUEST_NAMES = Object.keys(CONTROL_REQUESTS) as ControlRequestName[];
