import * as v from 'valibot';
import { MediaId } from './id.ts';
import { ConsumerParametersSchema, RtpCapabilitiesSchema, RtpParametersSchema } from './rtp.ts';
import { DtlsParametersSchema, IceParametersSchema, TransportParametersSchema } from './transport.ts';

const Nothing = v.object({});
const MediaIds = v.pipe(v.array(MediaId), v.minLength(1), v.maxLength(256));

/**
 * What one peer asks of an SFU, as entries of an input and the output: the client asks signaling, and
 * signaling asks the SFU, in the same words. Only the names of who asks for what differ.
 */
export const MEDIA_REQUESTS = {
  open: {
    input: {},
    output: v.object({
      routerRtpCapabilities: RtpCapabilitiesSchema,
      send: TransportParametersSchema,
      receive: TransportParametersSchema,
    }),
  },
  connect: { input: { transportId: MediaId, dtlsParameters: DtlsParametersSchema }, output: Nothing },
  restartIce: { input: { transportId: MediaId }, output: v.object({ iceParameters: IceParametersSchema }) },
  produce: {
    input: { transportId: MediaId, rtpParameters: RtpParametersSchema, paused: v.boolean() },
    output: v.object({ producerId: MediaId }),
  },
  pauseProducer: { input: { producerId: MediaId, paused: v.boolean() }, output: Nothing },
  closeProducer: { input: { producerId: MediaId }, output: Nothing },
  consume: {
    input: { producerIds: MediaIds, rtpCapabilities: RtpCapabilitiesSchema },
    output: v.object({ consumers: v.array(ConsumerParametersSchema) }),
  },
  resumeConsumers: { input: { consumerIds: MediaIds }, output: Nothing },
} as const;
