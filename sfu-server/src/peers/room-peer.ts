import type {
  ConsumerParameters,
  DtlsParameters,
  IceParameters,
  RtpCapabilities,
  RtpParameters,
  TransportParameters,
} from '@parley/shared/media';
import type { Emitter } from '@parley/shared/runtime';

export type PeerEvents = {
  produced: [producerId: string, paused: boolean];
  /** A producer was paused or resumed. */
  producerPaused: [producerId: string, paused: boolean];
  /** A producer is gone. `byItself`: nobody asked for it, its transport ended. */
  producerClosed: [producerId: string, byItself: boolean];
  /** It has let its first consumers send. */
  listening: [];
  closed: [];
};

/**
 * One participant's media, on this node (`Peer`) or on another: a transport to send on, one to receive on, at most
 * one producer, a consumer for each producer it hears. Every id it is given must be its own; what is somebody
 * else's is `not_found`.
 */
export interface RoomPeer extends Pick<Emitter<PeerEvents>, 'on'> {
  readonly id: string;
  readonly closed: boolean;
  readonly producerIds: string[];
  readonly consumerCount: number;
  /** Makes the two transports. On failure the peer is closed. */
  open(): Promise<{ send: TransportParameters; receive: TransportParameters }>;
  /** @throws {ParleyError} `conflict` if it was connected before. */
  connect(transportId: string, dtlsParameters: DtlsParameters): Promise<void>;
  restartIce(transportId: string): Promise<IceParameters>;
  /** Opens the peer's producer; an earlier one is closed. */
  produce(transportId: string, rtpParameters: RtpParameters, paused: boolean): Promise<string>;
  pauseProducer(producerId: string, paused: boolean): Promise<void>;
  closeProducer(producerId: string): void | Promise<void>;
  /**
   * Consumers, paused, for the producers that are there, are not the peer's own and that it can decode.
   * A producer consumed already answers with its present consumer.
   */
  consume(producerIds: readonly string[], rtpCapabilities: RtpCapabilities): Promise<ConsumerParameters[]>;
  resumeConsumers(consumerIds: readonly string[]): Promise<void>;
  /**
   * Sends the peer nothing of that producer, until told otherwise, whether it is consumed already or only later.
   * Resolves when nothing more is sent.
   */
  withhold(producerId: string, withheld: boolean): Promise<void>;
  /** Consumes these no longer. */
  drop(producerIds: readonly string[]): void;
  /** Consumes what it may no longer consume no longer. */
  dropInaudible(): void | Promise<void>;
  close(): void;
}
