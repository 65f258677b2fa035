export { csrcOf } from './csrc.ts';
export { MediaId } from './id.ts';
export { MEDIA_REQUESTS } from './requests.ts';
export {
  type ConsumerParameters,
  ConsumerParametersSchema,
  type RtpCapabilities,
  RtpCapabilitiesSchema,
  type RtpParameters,
  RtpParametersSchema,
} from './rtp.ts';
export {
  type DtlsParameters,
  DtlsParametersSchema,
  type IceCandidate,
  IceCandidateSchema,
  type IceParameters,
  IceParametersSchema,
  type TransportParameters,
  TransportParametersSchema,
} from './transport.ts';
