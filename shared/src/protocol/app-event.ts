import * as v from 'valibot';
import { RoomIdSchema } from './names.ts';

/** What the data of one event may take, in bytes of JSON. */
export const APP_EVENT_BYTES = 16 * 1024;

/** The part of an event of the integrator's own that they choose: a name, and any JSON. */
export const AppEventContentSchema = v.object({
  name: v.pipe(v.string(), v.regex(/^[\w.:-]{1,64}$/, 'must be 1 to 64 of A-Z a-z 0-9 _ . : -')),
  data: v.pipe(
    v.unknown(),
    v.check((data) => sizeOf(data) <= APP_EVENT_BYTES, `must be JSON of at most ${APP_EVENT_BYTES} bytes`),
  ),
});

/** Sent by the integrator's server, to a user, to a room (`roomId`), or to everyone. */
export const AppEventSchema = v.object({
  ...AppEventContentSchema.entries,
  roomId: v.optional(RoomIdSchema),
});
export type AppEvent = v.InferOutput<typeof AppEventSchema>;

/** What is no JSON has no size that would do. */
function sizeOf(data: unknown): number {
  try {
    return new TextEncoder().encode(JSON.stringify(data)).length || Number.POSITIVE_INFINITY;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
