import { ParleyError } from '@parley/shared/protocol';
import type { MediaPipe, PipeListen, PipeParameters } from '../ports.ts';
import { FakeConsumer } from './consumer.ts';
import { FakeObject } from './object.ts';
import { FakeProducer } from './producer.ts';
import type { FakeRouter } from './router.ts';

/** Every end there is by its port, as the network would find it. */
const ends = new Map<number, FakePipe>();
let nextPort = 10_000;

export class FakePipe extends FakeObject implements MediaPipe {
  readonly router: FakeRouter;
  readonly listen: PipeListen;
  readonly parameters: PipeParameters;
  readonly consumers = new Set<FakeConsumer>();
  #remote: PipeParameters | undefined;
  #onClosed = (): void => {};

  constructor(router: FakeRouter, listen: PipeListen) {
    super(router.worker, 'pipe');
    this.router = router;
    this.listen = listen;
    this.parameters = {
      ip: listen.announcedAddress ?? listen.ip,
      port: nextPort++,
      srtpParameters: { cryptoSuite: 'AEAD_AES_256_GCM', keyBase64: btoa(this.id) },
    };
    ends.set(this.parameters.port, this);
  }

  connect(remote: PipeParameters): Promise<void> {
    return this.worker.answer(() => {
      this.#remote = remote;
    });
  }

  async consume(producerId: string): Promise<FakeConsumer> {
    const consumer = await this.worker.answer(() => {
      const producer = this.router.producers.get(producerId);
      if (!producer) throw new ParleyError('not_found');
      return new FakeConsumer(producer, { paused: false });
    });
    this.consumers.add(consumer);
    this.below.add(consumer);
    return consumer;
  }

  async produce({ id, paused }: { id: string; paused: boolean }): Promise<FakeProducer> {
    const producer = await this.worker.answer(() => {
      // As mediasoup does, which knows of each id at most once in a router.
      if (this.router.producers.has(id)) throw new Error(`a Producer with same id "${id}" already exists`);
      return new FakeProducer(this.router, paused, { id, pipe: this });
    });
    this.below.add(producer);
    return producer;
  }

  /** Whether the other end sends that producer here. */
  brings(producerId: string): boolean {
    const other = this.#remote && ends.get(this.#remote.port);
    if (this.closed || !other || other.closed || other.#remote?.port !== this.parameters.port) return false;
    return [...other.consumers].some((consumer) => consumer.producerId === producerId && consumer.fed);
  }

  onClosed(listener: () => void): void {
    this.#onClosed = listener;
  }

  override end(silently: boolean): void {
    if (this.closed) return;
    super.end(silently);
    ends.delete(this.parameters.port);
    this.#onClosed();
  }
}
