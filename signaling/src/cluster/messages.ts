import { IdSchema, RoomIdSchema, SERVER_EVENTS } from '@parley/shared/protocol';
import * as v from 'valibot';

const SessionId = v.pipe(v.string(), v.minLength(1), v.maxLength(64));

/** What signaling nodes say to each other: told once, at most, and to nobody who is out of reach. */
export const BusMessageSchema = v.variant('type', [
  /** A step of negotiation for a member whose connection the receiver holds. */
  v.object({ type: v.literal('signal'), sessionId: SessionId, event: SERVER_EVENTS['mesh:signal'] }),
  /** The connection no longer speaks for the member. */
  v.object({ type: v.literal('fence'), sessionId: SessionId, memberId: IdSchema, roomId: RoomIdSchema }),
]);

export type BusMessage = v.InferOutput<typeof BusMessageSchema>;
export type BusMessageOf<T extends BusMessage['type']> = Extract<BusMessage, { type: T }>;
