import type { RtpParameters } from '@parley/shared/media';
import type { types } from 'mediasoup';
import type { DirectProducer, MediaConsumer, MediaDirect } from '../ports.ts';
import { MediasoupConsumer } from './consumer.ts';
import { type MediasoupContext, make } from './context.ts';
import { MediasoupDirectProducer } from './producer.ts';

export class MediasoupDirect implements MediaDirect {
  readonly #transport: types.DirectTransport;
  readonly #rtpCapabilities: types.RtpCapabilities;
  readonly #context: MediasoupContext;

  constructor(transport: types.DirectTransport, rtpCapabilities: types.RtpCapabilities, context: MediasoupContext) {
    this.#transport = transport;
    this.#rtpCapabilities = rtpCapabilities;
    this.#context = context;
  }

  get id(): string {
    return this.#transport.id;
  }

  get closed(): boolean {
    return this.#transport.closed;
  }

  async consume(producerId: string, onRtp: (packet: Buffer) => void): Promise<MediaConsumer> {
    const making = this.#transport
      .consume({ producerId, rtpCapabilities: this.#rtpCapabilities, paused: false })
      .then((consumer) => {
        // At once, so that no packet is missed.
        consumer.on('rtp', onRtp);
        return consumer;
      });
    return new MediasoupConsumer(await make(this.#context, 'consumers', 'consumeDirect', making), this.#context);
  }

  async produce(options: { rtpParameters: RtpParameters }): Promise<DirectProducer> {
    const rtpParameters = options.rtpParameters as types.RtpParameters;
    const making = this.#transport.produce({ kind: 'audio', rtpParameters });
    return new MediasoupDirectProducer(await make(this.#context, 'producers', 'produceDirect', making), this.#context);
  }

  close(): void {
    this.#transport.close();
  }
}
