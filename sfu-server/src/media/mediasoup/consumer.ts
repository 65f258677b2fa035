import type { RtpParameters } from '@parley/shared/media';
import type { types } from 'mediasoup';
import type { MediaConsumer, PipeConsumer } from '../ports.ts';
import type { MediasoupContext } from './context.ts';

/** A consumer of a transport, of a pipe or of a direct one. */
export class MediasoupConsumer implements MediaConsumer, PipeConsumer {
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

  get producerPaused(): boolean {
    return this.#consumer.producerPaused;
  }

  pause(): Promise<void> {
    return this.#context.call('pauseConsumer', this.#consumer.pause());
  }

  resume(): Promise<void> {
    return this.#context.call('resumeConsumer', this.#consumer.resume());
  }

  onProducerPaused(listener: (paused: boolean) => void): void {
    this.#consumer.on('producerpause', () => listener(true));
    this.#consumer.on('producerresume', () => listener(false));
  }

  onProducerClosed(listener: () => void): void {
    this.#consumer.once('producerclose', listener);
  }

  close(): void {
    this.#consumer.close();
  }
}
