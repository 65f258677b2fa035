import { lookup } from 'node:dns/promises';
import type { RtpParameters } from '@parley/shared/media';
import type { types } from 'mediasoup';
import type { MediaPipe, MediaProducer, PipeConsumer, PipeParameters } from '../ports.ts';
import { MediasoupConsumer } from './consumer.ts';
import { type MediasoupContext, make } from './context.ts';
import { MediasoupProducer } from './producer.ts';

export class MediasoupPipe implements MediaPipe {
  readonly #transport: types.PipeTransport;
  readonly #context: MediasoupContext;
  readonly parameters: PipeParameters;

  constructor(transport: types.PipeTransport, context: MediasoupContext) {
    this.#transport = transport;
    this.#context = context;
    const { tuple, srtpParameters } = transport;
    if (!srtpParameters) throw new Error('A pipe was made without SRTP.');
    this.parameters = { ip: tuple.localAddress, port: tuple.localPort, srtpParameters };
  }

  get id(): string {
    return this.#transport.id;
  }

  get closed(): boolean {
    return this.#transport.closed;
  }

  connect(remote: PipeParameters): Promise<void> {
    // The worker takes addresses only.
    const connected = lookup(remote.ip).then(({ address }) => this.#transport.connect({ ...remote, ip: address }));
    return this.#context.call('connectPipe', connected);
  }

  async consume(producerId: string): Promise<PipeConsumer> {
    const making = this.#transport.consume({ producerId });
    return new MediasoupConsumer(await make(this.#context, 'consumers', 'consumePipe', making), this.#context);
  }

  async produce(options: { id: string; rtpParameters: RtpParameters; paused: boolean }): Promise<MediaProducer> {
    const { id, paused } = options;
    const rtpParameters = options.rtpParameters as types.RtpParameters;
    const making = this.#transport.produce({ id, kind: 'audio', rtpParameters, paused });
    return new MediasoupProducer(await make(this.#context, 'producers', 'producePipe', making), this.#context);
  }

  onClosed(listener: () => void): void {
    this.#transport.observer.once('close', listener);
  }

  close(): void {
    this.#transport.close();
  }
}
