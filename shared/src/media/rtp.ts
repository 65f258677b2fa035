import * as v from 'valibot';
import { MediaId } from './id.ts';

/*
 * RTP shapes as mediasoup and mediasoup-client exchange them (ORTC dictionaries), narrowed to what an
 * Opus-only service accepts and bounded, so that nothing unparsed ever reaches a worker.
 */

const Uint32 = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff_ffff));
const PayloadType = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(127));
const ExtensionId = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(255));
const ShortText = v.pipe(v.string(), v.maxLength(128));
const CodecParameters = v.pipe(
  v.record(ShortText, v.union([ShortText, v.number(), v.boolean()])),
  v.check((parameters) => Object.keys(parameters).length <= 32, 'at most 32 parameters'),
);
const RtcpFeedback = v.pipe(v.array(v.object({ type: ShortText, parameter: v.optional(ShortText) })), v.maxLength(16));
const Opus = v.pipe(v.string(), v.regex(/^audio\/opus$/i, 'only audio/opus is accepted'));
const Channels = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2));

/** What a sender puts on the wire: one Opus stream. */
export const RtpParametersSchema = v.object({
  mid: v.optional(v.pipe(v.string(), v.maxLength(32))),
  msid: v.optional(v.pipe(v.string(), v.maxLength(256))),
  codecs: v.pipe(
    v.array(
      v.object({
        mimeType: Opus,
        payloadType: PayloadType,
        clockRate: v.literal(48_000),
        channels: v.optional(Channels),
        parameters: v.optional(CodecParameters),
        rtcpFeedback: v.optional(RtcpFeedback),
      }),
    ),
    v.minLength(1),
    v.maxLength(4),
  ),
  headerExtensions: v.optional(
    v.pipe(
      v.array(
        v.object({
          uri: ShortText,
          id: ExtensionId,
          encrypt: v.optional(v.boolean()),
          parameters: v.optional(CodecParameters),
        }),
      ),
      v.maxLength(16),
    ),
  ),
  encodings: v.pipe(
    v.array(
      v.object({
        ssrc: v.optional(Uint32),
        codecPayloadType: v.optional(PayloadType),
        dtx: v.optional(v.boolean()),
        maxBitrate: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
      }),
    ),
    v.length(1),
  ),
  rtcp: v.optional(
    v.object({
      cname: v.optional(v.pipe(v.string(), v.maxLength(256))),
      reducedSize: v.optional(v.boolean()),
      mux: v.optional(v.boolean()),
    }),
  ),
});
export type RtpParameters = v.InferOutput<typeof RtpParametersSchema>;

/** What an endpoint can receive. */
export const RtpCapabilitiesSchema = v.object({
  codecs: v.pipe(
    v.array(
      v.object({
        kind: v.literal('audio'),
        mimeType: Opus,
        preferredPayloadType: PayloadType,
        clockRate: v.literal(48_000),
        channels: v.optional(Channels),
        parameters: v.optional(CodecParameters),
        rtcpFeedback: v.optional(RtcpFeedback),
      }),
    ),
    v.minLength(1),
    v.maxLength(8),
  ),
  headerExtensions: v.optional(
    v.pipe(
      v.array(
        v.object({
          kind: v.picklist(['audio', 'video']),
          uri: ShortText,
          preferredId: ExtensionId,
          preferredEncrypt: v.optional(v.boolean()),
          direction: v.optional(v.picklist(['sendrecv', 'sendonly', 'recvonly', 'inactive'])),
        }),
      ),
      v.maxLength(32),
    ),
  ),
});
export type RtpCapabilities = v.InferOutput<typeof RtpCapabilitiesSchema>;

/** A consumer the SFU has made, paused, for a client to receive. */
export const ConsumerParametersSchema = v.object({
  consumerId: MediaId,
  producerId: MediaId,
  /** Whose microphone it is; null for a slot, which carries whoever talks: its packets name them as CSRC. */
  participantId: v.nullable(MediaId),
  rtpParameters: RtpParametersSchema,
});
export type ConsumerParameters = v.InferOutput<typeof ConsumerParametersSchema>;
