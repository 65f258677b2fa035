import type { RtpParameters } from '@parley/shared/media';
import type { types } from 'mediasoup';
import type { MediaConsumer } from '../ports.ts';
import type { MediasoupContext } from './context.ts';

export class MediasoupConsumer implements MediaConsumer {
  readonly #consumer: types.Consumer;
  readonly #context: MediasoupContext;

  constructor(consumer: types.Consumer, context: MediasoupContext) {
    this.#consumer = consumer;
    this.#context = context;
  }

  get id(): string {
    return this.#consumer.id;
  }

  get producerId(): string {
    return this.#consumer.producerId;
  }

  get rtpParameters(): RtpParameters {
    return this.#consumer.rtpParameters as RtpParameters;
  }

  get closed(): boolean {
    return this.#consumer.closed;
  }

  get paused(): boolean {
    return this.#consumer.paused;
  }

  pause(): Promise<void> {
    return this.#context.call('pauseConsumer', this.#consumer.pause());
  }

  resume(): Promise<void> {
    return this.#context.call('resumeConsumer', this.#consumer.resume());
  }

  onProducerClosed(listener: () => void): void {
    this.#consumer.once('producerclose', listener);
  }

  close(): void {
    this.#consumer.close();
  }
}
