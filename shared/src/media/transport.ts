import * as v from 'valibot';
import { MediaId } from './id.ts';

/** What a browser needs to reach a server's ICE-lite transport (RFC 8445). */
export const IceParametersSchema = v.object({
  usernameFragment: v.pipe(v.string(), v.minLength(1), v.maxLength(256)),
  password: v.pipe(v.string(), v.minLength(1), v.maxLength(256)),
  iceLite: v.optional(v.boolean()),
});
export type IceParameters = v.InferOutput<typeof IceParametersSchema>;

export const IceCandidateSchema = v.object({
  foundation: v.pipe(v.string(), v.maxLength(32)),
  priority: v.pipe(v.number(), v.integer(), v.minValue(0)),
  address: v.pipe(v.string(), v.maxLength(255)),
  ip: v.pipe(v.string(), v.maxLength(255)),
  protocol: v.picklist(['udp', 'tcp']),
  port: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535)),
  type: v.picklist(['host', 'srflx', 'prflx', 'relay']),
  tcpType: v.optional(v.picklist(['passive'])),
});
export type IceCandidate = v.InferOutput<typeof IceCandidateSchema>;

/** A DTLS endpoint: its role and the fingerprints of its certificate (RFC 8122). */
export const DtlsParametersSchema = v.object({
  role: v.optional(v.picklist(['auto', 'client', 'server'])),
  fingerprints: v.pipe(
    v.array(
      v.object({
        algorithm: v.picklist(['sha-1', 'sha-224', 'sha-256', 'sha-384', 'sha-512']),
        value: v.pipe(v.string(), v.regex(/^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){19,63}$/)),
      }),
    ),
    v.minLength(1),
    v.maxLength(8),
  ),
});
export type DtlsParameters = v.InferOutput<typeof DtlsParametersSchema>;

/** One WebRTC transport of an SFU, as its client needs it. */
export const TransportParametersSchema = v.object({
  id: MediaId,
  iceParameters: IceParametersSchema,
  iceCandidates: v.array(IceCandidateSchema),
  dtlsParameters: DtlsParametersSchema,
});
export type TransportParameters = v.InferOutput<typeof TransportParametersSchema>;
