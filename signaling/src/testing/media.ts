import type { DtlsParameters, RtpCapabilities, RtpParameters } from '@parley/shared/media';

/** The least that is well-formed. */
export const dtlsParameters: DtlsParameters = {
  role: 'client',
  fingerprints: [{ algorithm: 'sha-256', value: Array(32).fill('0A').join(':') }],
};
export const rtpParameters: RtpParameters = {
  codecs: [{ mimeType: 'audio/opus', payloadType: 111, clockRate: 48_000, channels: 2 }],
  encodings: [{ ssrc: 1 }],
};
export const rtpCapabilities: RtpCapabilities = {
  codecs: [{ kind: 'audio', mimeType: 'audio/opus', preferredPayloadType: 111, clockRate: 48_000, channels: 2 }],
};
