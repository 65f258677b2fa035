import * as v from 'valibot';
import { UserIdSchema } from './identity.ts';
import { IdSchema, RoomIdSchema } from './names.ts';

/** What a signed thing that the server gave out looks like. */
export const PassSchema = v.pipe(v.string(), v.minLength(1), v.maxLength(2048));
/** Rooms of matches begin like this; only a pass opens one. */
export const MATCH_ROOM_PREFIX = 'match:';

/** Made by the client, one per search: who comes back with it keeps their place. */
export const TicketIdSchema = v.pipe(v.string(), v.minLength(8), v.maxLength(64));

const MAX_ATTRIBUTES = 8;
const MAX_VALUES = 16;

/** Kept to what needs no escaping anywhere. */
const Word = v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9_-]{0,31}$/, 'must be 1 to 32 of a-z, 0-9, _ and -'));
const Attribute = v.pipe(Word, v.notValues(['language', 'region'], 'is a field of its own'));
const few = <S extends v.GenericSchema<Record<string, unknown>>>(schema: S) =>
  v.pipe(
    schema,
    v.check((record) => Object.keys(record).length <= MAX_ATTRIBUTES, `must have at most ${MAX_ATTRIBUTES} entries`),
  );

/** Whom one wants to meet. */
export const MatchWishesSchema = v.object({
  /** Who waits in different modes never meets. */
  mode: Word,
  /** How many a match is of, the asker included. */
  size: v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(12)),
  /** Wished to be the same; waiting wears the wish down as far as `widen` allows. Null: any. */
  language: v.nullable(Word),
  region: v.nullable(Word),
  /** What else there is to say of the asker. */
  attributes: few(v.record(Attribute, Word)),
  /** What the others' language, region and attributes must be one of, and stays so. */
  filters: few(v.record(Word, v.pipe(v.array(Word), v.minLength(1), v.maxLength(MAX_VALUES)))),
  /** How far waiting widens: not at all, to other regions, or to other languages too. */
  widen: v.picklist(['none', 'region', 'language']),
});
export type MatchWishes = v.InferOutput<typeof MatchWishesSchema>;

/** How a ticket stands. `since`: when its waiting began, in ms since the epoch by the server's clock. */
const MatchStandingSchema = v.object({ state: v.picklist(['waiting', 'found', 'ready']), since: v.number() });
export type MatchStanding = v.InferOutput<typeof MatchStandingSchema>;

const Empty = v.object({});

export const MATCH_REQUESTS = {
  /** Queues, or comes back to the queue. What the answer's state stands for is told as an event too. */
  'match:enqueue': {
    input: v.object({ ticketId: TicketIdSchema, ...MatchWishesSchema.entries }),
    output: MatchStandingSchema,
  },
  'match:cancel': { input: v.object({ ticketId: TicketIdSchema }), output: Empty },
  'match:confirm': { input: v.object({ matchId: IdSchema }), output: Empty },
  'match:block': { input: v.object({ userId: UserIdSchema }), output: Empty },
  'match:unblock': { input: v.object({ userId: UserIdSchema }), output: Empty },
  /** Whom the sender has blocked. */
  'match:blocks': { input: Empty, output: v.object({ userIds: v.array(UserIdSchema) }) },
  'match:report': {
    input: v.object({
      userId: UserIdSchema,
      roomId: RoomIdSchema,
      reason: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(1000)),
    }),
    output: Empty,
  },
} as const;

export const MATCH_EVENTS = {
  /** There is a match, which is one as soon as all have said `match:confirm`. */
  'match:found': v.object({
    ticketId: TicketIdSchema,
    matchId: IdSchema,
    /** In ms since the epoch, by the server's clock. */
    confirmBy: v.number(),
    size: v.number(),
  }),
  /** All have confirmed: the pass opens the room to the receiver, for a minute. */
  'match:ready': v.object({
    ticketId: TicketIdSchema,
    roomId: RoomIdSchema,
    pass: PassSchema,
    /** The user ids of the others. */
    partners: v.array(UserIdSchema),
  }),
  /** Somebody did not confirm, or has gone: the receiver waits on, in their old place. */
  'match:requeued': v.object({ ticketId: TicketIdSchema }),
  /** The ticket is no more. */
  'match:closed': v.object({
    ticketId: TicketIdSchema,
    code: v.picklist(['match_expired', 'replaced']),
    message: v.string(),
  }),
} as const;
