import type {
  DtlsParameters,
  IceParameters,
  RtpCapabilities,
  RtpParameters,
  TransportParameters,
} from '@parley/shared/media';
import type { types } from 'mediasoup';
import { refusing } from '../call.ts';
import type { MediaConsumer, MediaProducer, MediaTransport, TransportEnd } from '../ports.ts';
import { MediasoupConsumer } from './consumer.ts';
import { type MediasoupContext, make } from './context.ts';
import { MediasoupProducer } from './producer.ts';

/** A client's transport. */
export class MediasoupTransport implements MediaTransport {
  readonly #transport: types.WebRtcTransport;
  readonly #context: MediasoupContext;
  readonly parameters: TransportParameters;

  constructor(transport: types.WebRtcTransport, context: MediasoupContext) {
    this.#transport = transport;
    this.#context = context;
    const { id, iceParameters, iceCandidates, dtlsParameters } = transport;
    this.parameters = { id, iceParameters, iceCandidates, dtlsParameters };
  }

  get id(): string {
    return this.#transport.id;
  }

  get closed(): boolean {
    return this.#transport.closed;
  }

  connect(dtlsParameters: DtlsParameters): Promise<void> {
    return refusing(
      'dtlsParameters',
      this.#context.call('connect', this.#transport.connect({ dtlsParameters: { ...dtlsParameters } })),
    );
  }

  restartIce(): Promise<IceParameters> {
    return this.#context.call('restartIce', this.#transport.restartIce());
  }

  async produce(options: { rtpParameters: RtpParameters; paused: boolean }): Promise<MediaProducer> {
    // Header extensions mediasoup does not know are plain strings to us, and refused by it.
    const rtpParameters = options.rtpParameters as types.RtpParameters;
    const making = this.#transport.produce({ kind: 'audio', rtpParameters, paused: options.paused });
    const producer = await refusing('rtpParameters', make(this.#context, 'producers', 'produce', making));
    return new MediasoupProducer(producer, this.#context);
  }

  async consume(options: { producerId: string; rtpCapabilities: RtpCapabilities }): Promise<MediaConsumer> {
    // Paused: RTP that comes before the client has set its answer can bind to the wrong m-section.
    const rtpCapabilities = options.rtpCapabilities as types.RtpCapabilities;
    const making = this.#transport.consume({
      producerId: options.producerId,
      rtpCapabilities,
      paused: true,
      // NACK, for audio: what a listener misses is sent to them again.
      enableRtx: true,
    });
    const consumer = await refusing('rtpCapabilities', make(this.#context, 'consumers', 'consume', making));
    return new MediasoupConsumer(consumer, this.#context);
  }

  onEnded(listener: (why: TransportEnd) => void): void {
    // mediasoup leaves the transport open when its client closes DTLS, and DTLS does not come back on it.
    // ICE 'disconnected' is not the end: a client may come back by itself, or by an ICE restart, much later.
    this.#transport.on('dtlsstatechange', (state) => {
      if (state === 'closed') listener('dtls_closed');
      else if (state === 'failed') listener('dtls_failed');
    });
  }

  close(): void {
    this.#transport.close();
  }
}
