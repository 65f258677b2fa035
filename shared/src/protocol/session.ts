import * as v from 'valibot';
import { ERROR_CODES } from './errors.ts';
import { GrantsSchema, UserIdSchema } from './identity.ts';
import { DisplayNameSchema } from './names.ts';

/** In ms since the epoch. */
const Time = v.pipe(v.number(), v.finite(), v.minValue(0));

/** What a token makes of someone; `name` null: they call themselves what they like; `expiresAt` null: it holds for good. */
const Proven = { name: v.nullable(DisplayNameSchema), grants: GrantsSchema, expiresAt: v.nullable(Time) };

export const SESSION_EVENTS = {
  /** The first event of a connection: who it is for. `session` lets a guest who comes back be the same one. */
  'session:welcome': v.object({
    userId: UserIdSchema,
    ...Proven,
    session: v.nullable(v.pipe(v.string(), v.minLength(1), v.maxLength(2048))),
  }),
  /** The token ends then: `session:refresh` keeps the connection. */
  'session:expiring': v.object({ expiresAt: Time }),
  /** The last event of a connection: the server hangs up, and the client does not come back by itself. */
  'session:closed': v.object({ code: v.picklist(ERROR_CODES), message: v.string() }),
} as const;

export const SESSION_REQUESTS = {
  /** Whether the connection still carries anything. */
  'session:ping': { input: v.object({}), output: v.object({}) },
  /** A newer token of the same user; its grants hold from now on. */
  'session:refresh': {
    input: v.object({ token: v.pipe(v.string(), v.minLength(1), v.maxLength(8192)) }),
    output: v.object(Proven),
  },
} as const;
