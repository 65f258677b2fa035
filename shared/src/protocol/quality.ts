import * as v from 'valibot';
import { RoomIdSchema } from './names.ts';
import { EpochSchema } from './topology.ts';

/** A figure a client measured; null: it could not. */
const figure = (least: number, most: number) => v.nullable(v.pipe(v.number(), v.minValue(least), v.maxValue(most)));
const MINUTE_MS = 60_000;
const GIGABIT = 1_000_000_000;
const PathKindSchema = v.picklist(['mesh', 'sfu']);

/** What a try to bring a way for media up came to. */
export const ATTEMPT_OUTCOMES = [
  'connected',
  'refused', // the server would not have it
  'unreachable', // nothing came through in time
  'failed', // it came up in part, and then broke
  'abandoned', // one side left before it was up
] as const;
export type AttemptOutcome = (typeof ATTEMPT_OUTCOMES)[number];

/** One try: to one person in a mesh, or to the SFU. */
export const AttemptSchema = v.object({
  path: PathKindSchema,
  outcome: v.picklist(ATTEMPT_OUTCOMES),
  /** From the beginning until the outcome, in ms. */
  ms: v.pipe(v.number(), v.minValue(0), v.maxValue(10 * MINUTE_MS)),
});
export type Attempt = v.InferOutput<typeof AttemptSchema>;

/** The most attempts one report tells of. */
export const ATTEMPTS_MAX = 32;

/** A move from one path to another, as one listener heard it. */
export const HeardHandoverSchema = v.object({
  from: PathKindSchema,
  to: PathKindSchema,
  /** The longest that someone who was talking could not be heard; 0: the paths overlapped. */
  silenceMs: v.pipe(v.number(), v.minValue(0), v.maxValue(10 * MINUTE_MS)),
});
export type HeardHandover = v.InferOutput<typeof HeardHandoverSchema>;

/** The most handovers one report tells of. */
export const HANDOVERS_MAX = 8;

/** How a room sounds to one listener: the middle of those they hear, since the last report. Times in ms. */
export const QualityReportSchema = v.object({
  roomId: RoomIdSchema,
  /** Which path the figures are of. */
  path: PathKindSchema,
  epoch: v.optional(EpochSchema),
  /** Mean opinion score by the E-model (ITU-T G.107). */
  mos: figure(1, 5),
  rtt: figure(0, MINUTE_MS),
  /** Interarrival jitter (RFC 3550). */
  jitter: figure(0, MINUTE_MS),
  /** How long packets wait to be played. */
  jitterBuffer: figure(0, MINUTE_MS),
  /** Share of packets lost, 0 to 1. */
  loss: figure(0, 1),
  /** All the client sends and receives in this room, in bit/s. */
  sendBitrate: figure(0, GIGABIT),
  receiveBitrate: figure(0, GIGABIT),
  /** From the request to join until the first sound; told once, when somebody was there to be heard. */
  firstAudioMs: figure(0, 10 * MINUTE_MS),
  /** Ways for media that came up, or did not, since the last report. */
  attempts: v.pipe(v.array(AttemptSchema), v.maxLength(ATTEMPTS_MAX)),
  /** Handovers since the last report. */
  handovers: v.optional(v.pipe(v.array(HeardHandoverSchema), v.maxLength(HANDOVERS_MAX))),
});
export type QualityReport = v.InferOutput<typeof QualityReportSchema>;
