import * as v from 'valibot';
import { UserIdSchema } from './identity.ts';
import { RoomIdSchema } from './names.ts';
import { SequenceSchema } from './room.ts';

/** The most users that one watch may name. */
export const WATCHED_USERS_MAX = 200;

const WatchId = v.pipe(v.string(), v.minLength(1), v.maxLength(64));

/** Someone who is online, and the rooms they are in; rooms of matches are nobody else's business and not told. */
export const PresentUserSchema = v.object({ userId: UserIdSchema, rooms: v.array(RoomIdSchema) });
export type PresentUser = v.InferOutput<typeof PresentUserSchema>;

const OfWatch = {
  watchId: WatchId,
  /** Of the snapshot: the first change is the one after it. Of a change: the one before it plus one. */
  seq: SequenceSchema,
  /** How many of those watched are online; of everyone, more than are listed perhaps. */
  total: v.pipe(v.number(), v.integer(), v.minValue(0)),
};

export const PRESENCE_REQUESTS = {
  /** Watches some users, or everyone. */
  'presence:watch': {
    input: v.object({
      userIds: v.optional(v.pipe(v.array(UserIdSchema), v.minLength(1), v.maxLength(WATCHED_USERS_MAX))),
    }),
    output: v.object({ ...OfWatch, users: v.array(PresentUserSchema) }),
  },
  'presence:unwatch': { input: v.object({ watchId: WatchId }), output: v.object({}) },
} as const;

/** Who has come or is elsewhere now, and who has gone. A gap in `seq` means: watch anew. */
export const PresenceChangedSchema = v.object({
  ...OfWatch,
  online: v.array(PresentUserSchema),
  offline: v.array(UserIdSchema),
});
