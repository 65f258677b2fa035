import type { RtpParameters } from '@parley/shared/media';
import type { MediaConsumer, PipeConsumer } from '../ports.ts';
import { FakeObject } from './object.ts';
import type { FakeProducer } from './producer.ts';

/** A consumer of a transport, of a pipe or of a direct one. */
export class FakeConsumer extends FakeObject implements MediaConsumer, PipeConsumer {
  readonly producerId: string;
  readonly producer: FakeProducer;
  readonly rtpParameters: RtpParameters = {
    codecs: [{ mimeType: 'audio/opus', payloadType: 100, clockRate: 48_000, channels: 2 }],
    encodings: [{}],
  };
  readonly #onRtp: ((packet: Buffer) => void) | undefined;
  paused: boolean;
  producerPaused: boolean;
  #onProducerPaused = (_paused: boolean): void => {};
  #onProducerClosed = (): void => {};

  constructor(producer: FakeProducer, options: { paused?: boolean; onRtp?: (packet: Buffer) => void } = {}) {
    super(producer.worker, 'consumer');
    this.producer = producer;
    this.producerId = producer.id;
    this.producerPaused = producer.paused;
    this.paused = options.paused ?? true;
    this.#onRtp = options.onRtp;
    producer.consumers.add(this);
  }

  /** Whether what its producer's owner says gets here. */
  get fed(): boolean {
    return !this.closed && this.producer.fed;
  }

  pause(): Promise<void> {
    return this.worker.answer(() => {
      this.paused = true;
    });
  }

  resume(): Promise<void> {
    return this.worker.answer(() => {
      this.paused = false;
    });
  }

  receive(packet: Buffer): void {
    if (!this.closed && !this.paused) this.#onRtp?.(packet);
  }

  onProducerPaused(listener: (paused: boolean) => void): void {
    this.#onProducerPaused = listener;
  }

  producerWasPaused(paused: boolean): void {
    if (this.closed) return;
    this.producerPaused = paused;
    this.#onProducerPaused(paused);
  }

  onProducerClosed(listener: () => void): void {
    this.#onProducerClosed = listener;
  }

  producerWasClosed(): void {
    if (this.closed) return;
    this.close();
    this.#onProducerClosed();
  }

  override end(silently: boolean): void {
    super.end(silently);
    this.producer.consumers.delete(this);
  }
}
