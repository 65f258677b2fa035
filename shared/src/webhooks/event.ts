import * as v from 'valibot';
import { UserIdSchema } from '../protocol/identity.ts';
import { DisplayNameSchema, IdSchema, RoomIdSchema } from '../protocol/names.ts';
import { EpochSchema, TopologyReasonSchema, TopologySchema } from '../protocol/topology.ts';

const OfParticipant = { participantId: IdSchema, userId: UserIdSchema };

/** What each type of event says beside what all of them say. */
export const WEBHOOK_DATA = {
  /** `recovered`: rebuilt by its members after a restart; the series of events before this one has no end of its own. */
  roomStarted: v.object({ recovered: v.boolean() }),
  participantJoined: v.object({ ...OfParticipant, name: DisplayNameSchema }),
  /** `ended`: with the whole room. */
  participantLeft: v.object({ ...OfParticipant, reason: v.picklist(['left', 'timeout', 'removed', 'ended']) }),
  /** A moderator took the word from someone, or gave it back. */
  participantSilenced: v.object({ ...OfParticipant, silenced: v.boolean() }),
  topologyChanged: v.object({
    phase: TopologySchema.entries.phase,
    epoch: EpochSchema,
    reason: TopologyReasonSchema,
  }),
  roomLocked: v.object({ locked: v.boolean() }),
  /** `empty`: the last one has left; `ended`: by a moderator. */
  roomEnded: v.object({ reason: v.picklist(['empty', 'ended']) }),
} as const;

export type WebhookType = keyof typeof WEBHOOK_DATA;
export const WEBHOOK_TYPES = Object.keys(WEBHOOK_DATA) as WebhookType[];

/** One event, as an integrator's server gets it. */
export type WebhookEvent = {
  [T in WebhookType]: {
    /** The same at every attempt: whoever has seen it has seen the event. */
    id: string;
    type: T;
    roomId: string;
    /** One life of a room: from `roomStarted` to `roomEnded`. */
    incarnation: string;
    /** Within an incarnation: 1, and then always the one before plus one. */
    seq: number;
    /** When it happened, in ms since the epoch. */
    at: number;
    data: v.InferOutput<(typeof WEBHOOK_DATA)[T]>;
  };
}[WebhookType];

const Envelope = v.object({
  id: v.pipe(v.string(), v.minLength(1)),
  type: v.picklist(WEBHOOK_TYPES),
  roomId: RoomIdSchema,
  incarnation: v.pipe(v.string(), v.minLength(1)),
  seq: v.pipe(v.number(), v.integer(), v.minValue(1)),
  at: v.number(),
  data: v.unknown(),
});

/** @throws {v.ValiError} when it is none of our events */
export function parseWebhookEvent(input: unknown): WebhookEvent {
  const { data, ...rest } = v.parse(Envelope, input);
  return { ...rest, data: v.parse(WEBHOOK_DATA[rest.type], data) } as WebhookEvent;
}
