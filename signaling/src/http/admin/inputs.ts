import { IdSchema, ParleyError, parse, RoomIdSchema, UserIdSchema } from '@parley/shared/protocol';
import * as v from 'valibot';
import type { Target } from '../../rooms/index.ts';

/** @throws {ParleyError} `invalid_request` */
export function roomIdOf({ id }: { id: string }): string {
  return parse(v.object({ roomId: RoomIdSchema }), { roomId: id }).roomId;
}

/** @throws {ParleyError} `invalid_request` */
export function userIdOf({ id }: { id: string }): string {
  return parse(v.object({ userId: UserIdSchema }), { userId: id }).userId;
}

/** Whom a body means: a user with all their connections, or one participant. */
export const TargetEntries = { userId: v.optional(UserIdSchema), participantId: v.optional(IdSchema) };

/** @throws {ParleyError} `invalid_request` */
export function targetOf({ userId, participantId }: { userId?: string; participantId?: string }): Target {
  if (userId !== undefined && participantId === undefined) return { userId };
  if (participantId !== undefined && userId === undefined) return { memberId: participantId };
  throw new ParleyError('invalid_request', 'Either userId or participantId must be given.', { path: 'userId' });
}
