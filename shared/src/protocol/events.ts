import * as v from 'valibot';
import { MediaId } from '../media/id.ts';
import { AppEventSchema } from './app-event.ts';
import { ERROR_CODES } from './errors.ts';
import { MATCH_EVENTS } from './match.ts';
import { IdSchema, RoomIdSchema } from './names.ts';
import { PresenceChangedSchema } from './presence.ts';
import { MeshSignalSchema } from './requests.ts';
import { MODERATED, ParticipantSchema, ProducerSchema, SequenceSchema, SlotsSchema } from './room.ts';
import { SESSION_EVENTS } from './session.ts';
import { EpochSchema, TopologyReasonSchema, TopologySchema } from './topology.ts';

/**
 * What happened in a room, told to all its members in one numbered order. With a participant go their producers
 * (`participantLeft`), with a path those on it (`topologyChanged`), without a `producerRemoved` for each.
 */
export const RoomEventSchema = v.variant('type', [
  v.object({ type: v.literal('participantJoined'), participant: ParticipantSchema }),
  v.object({
    type: v.literal('participantLeft'),
    participantId: IdSchema,
    reason: v.picklist(['left', 'timeout', 'removed']),
  }),
  v.object({ type: v.literal('participantUpdated'), participant: ParticipantSchema }),
  v.object({
    type: v.literal('topologyChanged'),
    topology: TopologySchema,
    topologyToken: v.string(),
    reason: TopologyReasonSchema,
  }),
  v.object({ type: v.literal('producerAdded'), producer: ProducerSchema }),
  v.object({ type: v.literal('producerRemoved'), producerId: MediaId, participantId: IdSchema }),
  /** Without producers that path forwards microphones again. With a path go its slots, without a word of their own. */
  v.object({ type: v.literal('slotsChanged'), slots: SlotsSchema }),
  v.object({ type: v.literal('roomUpdated'), ...MODERATED }),
  /** A restarted server has waited long enough: who is not in a snapshot by now has gone. */
  v.object({ type: v.literal('healed') }),
]);
export type RoomEvent = v.InferOutput<typeof RoomEventSchema>;

export const SERVER_EVENTS = {
  ...SESSION_EVENTS,
  /** `seq` is the one before it plus one; a gap means: ask for `room:snapshot`. */
  'room:event': v.object({ roomId: RoomIdSchema, seq: SequenceSchema, event: RoomEventSchema }),
  /** Of the integrator's own. */
  'app:event': AppEventSchema,
  'mesh:signal': v.object({ roomId: RoomIdSchema, epoch: EpochSchema, from: IdSchema, signal: MeshSignalSchema }),
  /** The SFU lost the receiver's transports on that path, though not the path: `sfu:open` it anew, at once. */
  'sfu:lost': v.object({ roomId: RoomIdSchema, epoch: EpochSchema }),
  /** The receiver is no longer a member, and why. */
  'room:closed': v.object({ roomId: RoomIdSchema, code: v.picklist(ERROR_CODES), message: v.string() }),
  'presence:changed': PresenceChangedSchema,
  ...MATCH_EVENTS,
  /** This node is about to go: connect anew at some time within that, resume there, and then close this connection. */
  'session:move': v.object({ withinMs: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(3_600_000)) }),
} as const;

export type ServerEventName = keyof typeof SERVER_EVENTS;
export type ServerEvent<E extends ServerEventName> = v.InferOutput<(typeof SERVER_EVENTS)[E]>;
