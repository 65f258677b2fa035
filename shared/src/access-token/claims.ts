import * as v from 'valibot';
import { DisplayNameSchema, type Grants, MetadataSchema, RoomIdSchema, UserIdSchema } from '../protocol/index.ts';

/** An integrator's users are not guests: ids that begin like this are ours. */
export const GUEST_PREFIX = 'guest:';

const Time = v.pipe(v.number(), v.finite(), v.minValue(0));

/**
 * Grants of a token: whoever has one may come in, speak and listen unless it says otherwise, and moderate only if it
 * says so. A word that is none of these is a mistake, not a wish.
 */
export const TokenGrantsSchema = v.pipe(
  v.strictObject({
    join: v.optional(v.boolean()),
    speak: v.optional(v.boolean()),
    listen: v.optional(v.boolean()),
    moderate: v.optional(v.boolean()),
  }),
  v.transform(
    ({ join = true, speak = true, listen = true, moderate = false }): Grants => ({ join, speak, listen, moderate }),
  ),
);

/** The payload of an access token (a JWT); times are in seconds since the epoch (RFC 7519). */
export const AccessTokenClaimsSchema = v.object({
  /** The API key whose secret signed it. */
  iss: v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
  /** The user's id. */
  sub: v.pipe(
    UserIdSchema,
    v.check((id) => !id.startsWith(GUEST_PREFIX), `must not begin with ${GUEST_PREFIX}`),
  ),
  name: v.optional(DisplayNameSchema),
  metadata: v.optional(MetadataSchema),
  /** The one room it opens; any when left out. */
  room: v.optional(RoomIdSchema),
  grants: v.optional(TokenGrantsSchema, {}),
  exp: Time,
  nbf: v.optional(Time),
  iat: v.optional(Time),
});
export type AccessTokenClaims = v.InferInput<typeof AccessTokenClaimsSchema>;
