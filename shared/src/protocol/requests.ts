import * as v from 'valibot';
import { MEDIA_REQUESTS } from '../media/index.ts';
import { MATCH_REQUESTS, PassSchema } from './match.ts';
import { DisplayNameSchema, IdSchema, RoomIdSchema } from './names.ts';
import { PRESENCE_REQUESTS } from './presence.ts';
import { QualityReportSchema } from './quality.ts';
import { RoomSnapshotSchema } from './room.ts';
import { SESSION_REQUESTS } from './session.ts';
import { EpochSchema } from './topology.ts';

const Token = v.pipe(v.string(), v.minLength(1), v.maxLength(2048));
const Empty = v.object({});
const SelfState = { muted: v.boolean(), deafened: v.boolean() };
const OfRoom = { roomId: RoomIdSchema };
const OfParticipant = { ...OfRoom, participantId: IdSchema };
/** How long a ban lasts: up to a year, in ms. */
export const BanMsSchema = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(365 * 86_400_000));
/** Concerns the media path that was created in `epoch`. */
const OfPath = { roomId: RoomIdSchema, epoch: EpochSchema };

/** A request about media: what an SFU is asked, for a path of a room. */
function ofPath<I extends v.ObjectEntries, O extends v.GenericSchema>({ input, output }: { input: I; output: O }) {
  return { input: v.object({ ...OfPath, ...input }), output };
}

export const IceServerSchema = v.object({
  urls: v.array(v.string()),
  username: v.optional(v.string()),
  credential: v.optional(v.string()),
});
export type IceServer = v.InferOutput<typeof IceServerSchema>;

/** STUN and TURN servers for one user. */
const IceGrantSchema = v.object({
  iceServers: v.array(IceServerSchema),
  /** How long their credentials hold, in ms from now: nothing new can be relayed with them then. null: for good. */
  iceExpiresInMs: v.nullable(v.pipe(v.number(), v.minValue(0))),
});
export type IceGrant = v.InferOutput<typeof IceGrantSchema>;

const JoinResultSchema = v.object({
  selfId: IdSchema,
  resumeToken: Token,
  snapshot: RoomSnapshotSchema,
  ...IceGrantSchema.entries,
});
export type JoinResult = v.InferOutput<typeof JoinResultSchema>;

const Candidate = v.object({
  candidate: v.pipe(v.string(), v.maxLength(1024)),
  sdpMid: v.optional(v.nullable(v.pipe(v.string(), v.maxLength(64)))),
  sdpMLineIndex: v.optional(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(64)))),
  usernameFragment: v.optional(v.nullable(v.pipe(v.string(), v.maxLength(256)))),
});

/**
 * One step of perfect negotiation between two members of a mesh. `instance` names the sender's
 * RTCPeerConnection: a new value means the other side has started anew.
 */
export const MeshSignalSchema = v.object({
  instance: v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
  description: v.optional(
    v.object({
      type: v.picklist(['offer', 'answer', 'rollback']),
      sdp: v.pipe(v.string(), v.maxLength(16_384)),
    }),
  ),
  candidates: v.optional(v.pipe(v.array(Candidate), v.maxLength(32))),
});
export type MeshSignal = v.InferOutput<typeof MeshSignalSchema>;

/**
 * Every request a client can make: what it sends and what the acknowledgement carries.
 * Meaning, errors and order are told in docs/protocol.md.
 */
export const REQUESTS = {
  ...SESSION_REQUESTS,
  /** The same servers as a join brings, with new credentials; names no room. */
  'ice:servers': { input: Empty, output: IceGrantSchema },
  'room:join': {
    input: v.object({
      ...OfRoom,
      name: DisplayNameSchema,
      ...SelfState,
      /** Made by the client, one per join: a retry with the same id is the same participant. */
      joinId: v.pipe(v.string(), v.minLength(8), v.maxLength(64)),
      /** Opens the room of a match. */
      pass: v.optional(PassSchema),
    }),
    output: JoinResultSchema,
  },
  'room:resume': {
    input: v.object({ ...OfRoom, ...SelfState, resumeToken: Token, topologyToken: Token }),
    output: JoinResultSchema,
  },
  'room:leave': { input: v.object(OfRoom), output: Empty },
  'room:snapshot': { input: v.object(OfRoom), output: RoomSnapshotSchema },
  /** The sender hears everyone on the path `epoch` and no longer needs the old one. */
  'room:ready': { input: v.object(OfPath), output: Empty },
  /** The sender cannot hold the mesh path `epoch`: promote the room, or do not demote it. */
  'room:requestSfu': {
    input: v.object({ ...OfPath, reason: v.picklist(['no_direct_path', 'weak_uplink']) }),
    output: Empty,
  },
  'self:update': { input: v.object({ ...OfRoom, ...SelfState }), output: Empty },
  /** For who has the grant `moderate`, in a room they are in; all five may be said twice. */
  'moderate:mute': { input: v.object({ ...OfParticipant, silenced: v.boolean() }), output: Empty },
  /** With `banMs` nobody of that user comes in again for so long. */
  'moderate:remove': { input: v.object({ ...OfParticipant, banMs: v.optional(BanMsSchema) }), output: Empty },
  /** Who is pinned keeps a speaker slot while they speak; `conflict` when too many (`PINNED_MAX`) are already. */
  'moderate:pin': { input: v.object({ ...OfParticipant, pinned: v.boolean() }), output: Empty },
  'room:lock': { input: v.object({ ...OfRoom, locked: v.boolean() }), output: Empty },
  'room:end': { input: v.object(OfRoom), output: Empty },
  'mesh:signal': { input: v.object({ ...OfPath, to: IdSchema, signal: MeshSignalSchema }), output: Empty },
  /** Opens (or opens anew) the sender's two transports on the SFU. */
  'sfu:open': ofPath(MEDIA_REQUESTS.open),
  'sfu:connect': ofPath(MEDIA_REQUESTS.connect),
  'sfu:restartIce': ofPath(MEDIA_REQUESTS.restartIce),
  'sfu:produce': ofPath(MEDIA_REQUESTS.produce),
  'sfu:pauseProducer': ofPath(MEDIA_REQUESTS.pauseProducer),
  'sfu:closeProducer': ofPath(MEDIA_REQUESTS.closeProducer),
  /** Consumers come paused; producers that are gone meanwhile are left out. Idempotent per producer. */
  'sfu:consume': ofPath(MEDIA_REQUESTS.consume),
  'sfu:resumeConsumers': ofPath(MEDIA_REQUESTS.resumeConsumers),
  /** How the room sounds to the sender: counted in metrics. */
  'quality:report': { input: QualityReportSchema, output: Empty },
  ...PRESENCE_REQUESTS,
  ...MATCH_REQUESTS,
} as const;

export type RequestName = keyof typeof REQUESTS;
export type RequestInput<R extends RequestName> = v.InferOutput<(typeof REQUESTS)[R]['input']>;
export type RequestOutput<R extends RequestName> = v.InferOutput<(typeof REQUESTS)[R]['output']>;
export const REQUEST_NAMES = Object.keys(REQUESTS) as RequestName[];
