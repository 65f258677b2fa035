import * as v from 'valibot';
import { MediaId } from '../media/id.ts';
import { MetadataSchema, UserIdSchema } from './identity.ts';
import { DisplayNameSchema, IdSchema, RoomIdSchema } from './names.ts';
import { EpochSchema, TopologySchema } from './topology.ts';

/** A person in a room, as everyone there sees them. */
export const ParticipantSchema = v.object({
  id: IdSchema,
  /** One person may be in several rooms, each time as another participant. */
  userId: UserIdSchema,
  name: DisplayNameSchema,
  /** What their access token says about them. */
  metadata: MetadataSchema,
  muted: v.boolean(),
  deafened: v.boolean(),
  /** A moderator took the word from them: play nothing of theirs, whatever arrives. */
  silenced: v.boolean(),
  /** `reconnecting`: their signaling dropped and may resume; their media goes on. */
  connection: v.picklist(['connected', 'reconnecting']),
  /** Their grants: who may not speak is not to be played, who may not listen is sent no sound. */
  canSpeak: v.boolean(),
  canListen: v.boolean(),
});
export type ParticipantInfo = v.InferOutput<typeof ParticipantSchema>;

/** A microphone on the SFU path `epoch`. */
export const ProducerSchema = v.object({ epoch: EpochSchema, participantId: IdSchema, producerId: MediaId });
export type ProducerInfo = v.InferOutput<typeof ProducerSchema>;

/**
 * The speaker slots of the SFU path `epoch`: listeners consume these producers, and no microphone of that path. In each
 * packet the CSRC says whose voice it is (`csrcOf` of the participant's id).
 */
export const SlotsSchema = v.object({ epoch: EpochSchema, producerIds: v.array(MediaId) });
export type Slots = v.InferOutput<typeof SlotsSchema>;

/** What moderators have set for a room. */
export const MODERATED = {
  /** Nobody new comes in but moderators. */
  locked: v.boolean(),
  /** Participants who always have a slot while they speak. */
  pinned: v.array(IdSchema),
};
/** The most participants pinned at a time. */
export const PINNED_MAX = 4;

export const SequenceSchema = v.pipe(v.number(), v.integer(), v.minValue(0));

/** Everything a member needs to know of a room, as of event `seq`. */
export const RoomSnapshotSchema = v.object({
  roomId: RoomIdSchema,
  seq: SequenceSchema,
  topology: TopologySchema,
  /** The topology, signed: handed back on resume so that a restarted server can rebuild the room. */
  topologyToken: v.string(),
  participants: v.array(ParticipantSchema),
  producers: v.array(ProducerSchema),
  /** Of the SFU paths that forward through slots; what is not here is consumed microphone by microphone. */
  slots: v.array(SlotsSchema),
  ...MODERATED,
  /** True while a restarted server still waits for members to come back: keep those you miss. */
  healing: v.boolean(),
});
export type RoomSnapshot = v.InferOutput<typeof RoomSnapshotSchema>;
