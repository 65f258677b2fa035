import type {
  DtlsParameters,
  IceParameters,
  RtpCapabilities,
  RtpParameters,
  TransportParameters,
} from '@parley/shared/media';

/*
 * Media as rooms and peers see it. mediasoup is behind it (mediasoup/), a fake beside it (fake/).
 * Every promise here ends: with a result, or with a ParleyError (`timeout` when the worker is silent,
 * `sfu_unavailable` when it died, `invalid_request` when it refuses what a client sent). `close` is
 * idempotent everywhere and closes what is below.
 */

export interface MediaRouter {
  readonly rtpCapabilities: RtpCapabilities;
  createTransport(): Promise<MediaTransport>;
  /** One end of a pipe to another router. */
  createPipe(listen: PipeListen): Promise<MediaPipe>;
  /** A way for packets to and from this process. */
  createDirect(): Promise<MediaDirect>;
  createLevels(options: LevelOptions): Promise<MediaLevels>;
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
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Called once when the consumer closes because its producer did. */
  onProducerClosed(listener: () => void): void;
  close(): void;
}

/** Where a pipe's end listens. Without `announcedAddress`, `ip` is what the other end is told. */
export interface PipeListen {
  ip: string;
  announcedAddress?: string | undefined;
  /** UDP ports to take one of; undefined: any the worker may use (10000 to 59999). */
  portRange?: { min: number; max: number } | undefined;
  /** Whether packets may get lost on the way: then lost ones are asked for again (NACK). Both ends say the same. */
  lossy: boolean;
}

/**
 * Between two workers of one node. From the ports of RTC_PORT it keeps away: one that lies there might be taken from a
 * worker that is just being replaced.
 */
export const PIPE_WITHIN_NODE: PipeListen = {
  ip: '127.0.0.1',
  portRange: { min: 10_000, max: 29_999 },
  lossy: false,
};

/** What one end of a pipe must know of the other. The key is a secret. */
export interface PipeParameters {
  /** Its address, or a name that leads there. */
  ip: string;
  port: number;
  srtpParameters: { cryptoSuite: SrtpSuite; keyBase64: string };
}

export type SrtpSuite = 'AEAD_AES_256_GCM' | 'AEAD_AES_128_GCM' | 'AES_CM_128_HMAC_SHA1_80' | 'AES_CM_128_HMAC_SHA1_32';

/** One end of a pipe between two routers, wherever they are: SRTP over UDP. */
export interface MediaPipe {
  readonly id: string;
  readonly parameters: PipeParameters;
  readonly closed: boolean;
  /** Once. */
  connect(remote: PipeParameters): Promise<void>;
  /** Sends a producer of this router into the pipe. */
  consume(producerId: string): Promise<PipeConsumer>;
  /** Makes what comes out of the pipe a producer of this router, of the same id as at the other end. */
  produce(options: { id: string; rtpParameters: RtpParameters; paused: boolean }): Promise<MediaProducer>;
  /** Called once when it closes, by whichever way. */
  onClosed(listener: () => void): void;
  close(): void;
}

/** A producer on its way into a pipe; its `rtpParameters` are for `produce` at the other end. */
export interface PipeConsumer extends Omit<MediaConsumer, 'paused' | 'pause' | 'resume'> {
  readonly producerPaused: boolean;
  onProducerPaused(listener: (paused: boolean) => void): void;
}

/** RTP of a router, in and out of this process. */
export interface MediaDirect {
  readonly id: string;
  readonly closed: boolean;
  /** Not paused. `onRtp` gets each packet whole, header and all; `rtpParameters` say what its extensions are. */
  consume(producerId: string, onRtp: (packet: Buffer) => void): Promise<MediaConsumer>;
  produce(options: { rtpParameters: RtpParameters }): Promise<DirectProducer>;
  close(): void;
}

export interface DirectProducer extends MediaProducer {
  /** Sends one RTP packet. Nothing happens when the producer is closed. */
  send(packet: Buffer): void;
}

export interface LevelOptions {
  /** Milliseconds between two reports: 250 to 5000. A producer with fewer than 10 packets in that time is left out. */
  intervalMs: number;
  /** Producers in a report at most, the loudest first. */
  maxEntries: number;
  /** Mean level from which a producer is reported: -127 to 0 dBov. */
  thresholdDb: number;
}

/** How loud a producer was: mean over the interval, -127 to 0 dBov. */
export interface Level {
  producerId: string;
  dBov: number;
}

/** Listens to producers of one router. */
export interface MediaLevels {
  readonly closed: boolean;
  /** A producer that closes leaves by itself. */
  add(producerId: string): Promise<void>;
  remove(producerId: string): Promise<void>;
  /** Called each interval in which somebody was loud enough, and once with none when nobody is any longer. */
  onLevels(listener: (levels: Level[]) => void): void;
  close(): void;
}

/** How many media objects are alive, whoever holds them: what a leak test asserts to be zero. */
export interface MediaCounts {
  routers: number;
  transports: number;
  /** Ends of pipes: two for each pair of routers of this node, one for each router of another. */
  pipes: number;
  directs: number;
  levels: number;
  producers: number;
  consumers: number;
}

export const noMedia = (): MediaCounts => ({
  routers: 0,
  transports: 0,
  pipes: 0,
  directs: 0,
  levels: 0,
  producers: 0,
  consumers: 0,
});

/** A worker process as rooms see it. */
export interface MediaWorker {
  /** Its place in the pool, kept by the worker that replaces it. */
  readonly index: number;
  readonly pid: number;
  createRouter(): Promise<MediaRouter>;
}
