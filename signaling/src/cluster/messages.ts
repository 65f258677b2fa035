import { ScoresSchema, SHOWN_MAX, SilenceSchema } from '@parley/shared/operations';
import {
  AppEventSchema,
  IdSchema,
  RoomIdSchema,
  SERVER_EVENTS,
  SequenceSchema,
  TicketIdSchema,
  UserIdSchema,
} from '@parley/shared/protocol';
import * as v from 'valibot';

const SessionId = v.pipe(v.string(), v.minLength(1), v.maxLength(64));

const OfTicket = { userId: UserIdSchema, ticketId: TicketIdSchema, sessionId: SessionId, nodeId: v.string() };

const NoticeSchema = v.variant('type', [
  v.object({ ...OfTicket, type: v.literal('found'), matchId: IdSchema, confirmBy: v.number(), size: v.number() }),
  v.object({
    ...OfTicket,
    type: v.literal('ready'),
    matchId: IdSchema,
    partners: v.array(UserIdSchema),
    since: v.number(),
  }),
  v.object({ ...OfTicket, type: v.literal('requeued') }),
  v.object({ ...OfTicket, type: v.literal('closed'), code: v.picklist(['match_expired', 'replaced']) }),
]);

/** What signaling nodes say to each other: told once, at most, and to nobody who is out of reach. */
export const BusMessageSchema = v.variant('type', [
  /** A step of negotiation for a member whose connection the receiver holds. */
  v.object({ type: v.literal('signal'), sessionId: SessionId, event: SERVER_EVENTS['mesh:signal'] }),
  /** Another connection of the user has taken the place, in that epoch: an earlier one ends. */
  v.object({
    type: v.literal('sessionFence'),
    userId: UserIdSchema,
    sessionId: SessionId,
    epoch: v.number(),
    instance: SessionId,
  }),
  /** The connection no longer speaks for the member. */
  v.object({
    type: v.literal('fence'),
    sessionId: SessionId,
    memberId: IdSchema,
    roomId: RoomIdSchema,
    fence: v.variant('code', [
      v.object({ code: v.literal('conflict'), attachEpoch: v.number() }),
      v.object({ code: v.picklist(['removed', 'banned', 'room_ended']) }),
    ]),
  }),
  /** An event of the integrator's own, for whoever of those meant is connected to the receiver. */
  v.object({
    type: v.literal('appEvent'),
    to: v.variant('kind', [
      v.object({ kind: v.literal('all') }),
      v.object({ kind: v.literal('room'), roomId: RoomIdSchema }),
      v.object({ kind: v.literal('user'), userId: UserIdSchema }),
    ]),
    event: AppEventSchema,
  }),
  /** Who has come to the sender, or is in other rooms there, or (`null`) has gone. The version is the last one's plus one. */
  v.object({
    type: v.literal('presenceChanged'),
    incarnation: SessionId,
    version: SequenceSchema,
    changes: v.array(v.object({ userId: UserIdSchema, rooms: v.nullable(v.array(RoomIdSchema)) })),
  }),
  /** What anyone should have who has followed the sender's presence. */
  v.object({
    type: v.literal('presenceBeat'),
    incarnation: SessionId,
    version: SequenceSchema,
    size: SequenceSchema,
    checksum: SequenceSchema,
  }),
  /** For operators: who is at the sender, and what listeners have told it since the last one. */
  v.object({
    type: v.literal('bulletin'),
    connections: SequenceSchema,
    participants: SequenceSchema,
    mesh: ScoresSchema,
    sfu: ScoresSchema,
    silences: v.pipe(v.array(v.omit(SilenceSchema, ['at'])), v.maxLength(SHOWN_MAX.silences)),
  }),
  /** What has become of a ticket whose connection the receiver holds. */
  v.object({ type: v.literal('match'), notice: NoticeSchema }),
]);

export type BusMessage = v.InferOutput<typeof BusMessageSchema>;
export type BusMessageOf<T extends BusMessage['type']> = Extract<BusMessage, { type: T }>;
