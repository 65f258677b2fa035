import type {
  DtlsParameters,
  IceParameters,
  RtpCapabilities,
  RtpParameters,
  TransportParameters,
} from '@parley/shared/media';

/*
 * Media as rooms and peers see it. mediasoup is behind it (mediasoup.ts), a fake beside it (fake.ts).
 * Every promise here ends: with a result, or with a ParleyError (`timeout` when the worker is silent,
 * `sfu_unavailable` when it died, `invalid_request` when it refuses what a client sent). `close` is
 * idempotent everywhere and closes what is below.
 */

export interface MediaRouter {
  readonly rtpCapabilities: RtpCapabilities;
  createTransport(): Promise<MediaTransport>;
  canConsume(producerId: string, rtpCapabilities: RtpCapabilities): boolean;
  close(): void;
}

/** Why a transport ended by itself: its client went, or the handshake failed. */
export type TransportEnd = 'dtls_closed' | 'dtls_failed';

export interface MediaTransport {
  readonly id: string;
  /** As a client needs them. ICE restart changes what later calls would answer, not this. */
  readonly parameters: TransportParameters;
  readonly closed: boolean;
  connect(dtlsParameters: DtlsParameters): Promise<void>;
  restartIce(): Promise<IceParameters>;
  produce(options: { rtpParameters: RtpParameters; paused: boolean }): Promise<MediaProducer>;
  /** The consumer is paused until `resume`. */
  consume(options: { producerId: string; rtpCapabilities: RtpCapabilities }): Promise<MediaConsumer>;
  /** Called when DTLS is over. The transport is still open then: whoever listens closes it. */
  onEnded(listener: (why: TransportEnd) => void): void;
  close(): void;
}

export interface MediaProducer {
  readonly id: string;
  readonly closed: boolean;
  readonly paused: boolean;
  pause(): Promise<void>;
  resume(): Promise<void>;
  close(): void;
}

export interface MediaConsumer {
  readonly id: string;
  readonly producerId: string;
  readonly rtpParameters: RtpParameters;
  readonly closed: boolean;
  readonly paused: boolean;
  resume(): Promise<void>;
  /** Called once when the consumer closes because its producer did. */
  onProducerClosed(listener: () => void): void;
  close(): void;
}

/** How many media objects are alive, whoever holds them: what a leak test asserts to be zero. */
export interface MediaCounts {
  routers: number;
  transports: number;
  producers: number;
  consumers: number;
}

/** A worker process as rooms see it. */
export interface MediaWorker {
  /** Its place in the pool, kept by the worker that replaces it. */
  readonly index: number;
  readonly pid: number;
  createRouter(): Promise<MediaRouter>;
}
