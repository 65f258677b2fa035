import type { types } from 'mediasoup';
import type { DirectProducer, MediaProducer } from '../ports.ts';
import type { MediasoupContext } from './context.ts';

export class MediasoupProducer implements MediaProducer {
  protected readonly producer: types.Producer;
  readonly #context: MediasoupContext;

  constructor(producer: types.Producer, context: MediasoupContext) {
    this.producer = producer;
    this.#context = context;
  }

  get id(): string {
    return this.producer.id;
  }

  get closed(): boolean {
    return this.producer.closed;
  }

  get paused(): boolean {
    return this.producer.paused;
  }

  pause(): Promise<void> {
    return this.#context.call('pauseProducer', this.producer.pause());
  }

  resume(): Promise<void> {
    return this.#context.call('resumeProducer', this.producer.resume());
  }

  close(): void {
    this.producer.close();
  }
}

export class MediasoupDirectProducer extends MediasoupProducer implements DirectProducer {
  send(packet: Buffer): void {
    // To a closed one mediasoup would still send, and the worker would complain of each packet.
    if (!this.closed) this.producer.send(packet);
  }
}
