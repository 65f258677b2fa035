import type { DtlsParameters, IceParameters, RtpCapabilities, TransportParameters } from '@parley/shared/media';
import { ParleyError } from '@parley/shared/protocol';
import type { MediaConsumer, MediaProducer, MediaRouter, MediaTransport, MediaWorker, TransportEnd } from './ports.ts';

const CAPABILITIES: RtpCapabilities = {
  codecs: [{ kind: 'audio', mimeType: 'audio/opus', preferredPayloadType: 100, clockRate: 48_000, channels: 2 }],
};

/**
 * Media without a worker, for tests: `pause` keeps answers back until `release`, `refuse` fails the next calls,
 * and `live` counts what was made and not closed.
 */
export class FakeWorker implements MediaWorker {
  readonly index: number;
  readonly pid = 0;
  readonly live = new Set<string>();
  readonly routers: FakeRouter[] = [];
  #next = 0;
  #gate: Promise<void> | undefined;
  #open = (): void => {};
  #refusal: Error | undefined;

  constructor(index = 0) {
    this.index = index;
  }

  /** Keeps every answer back from now on. */
  pause(): void {
    this.#gate = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  release(): void {
    this.#gate = undefined;
    this.#open();
  }

  /** Fails every call with `error`; undefined: no longer. */
  refuse(error: Error | undefined): void {
    this.#refusal = error;
  }

  /** One call to the worker. */
  async answer<T>(make: () => T): Promise<T> {
    await this.#gate;
    if (this.#refusal) throw this.#refusal;
    return make();
  }

  newId(kind: string): string {
    const id = `${kind}-${this.#next++}`;
    this.live.add(id);
    return id;
  }

  async createRouter(): Promise<FakeRouter> {
    const router = await this.answer(() => new FakeRouter(this));
    this.routers.push(router);
    return router;
  }
}

abstract class FakeObject {
  readonly id: string;
  readonly worker: FakeWorker;
  readonly below = new Set<FakeObject>();
  closed = false;

  constructor(worker: FakeWorker, kind: string) {
    this.worker = worker;
    this.id = worker.newId(kind);
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.worker.live.delete(this.id);
    for (const object of this.below) object.close();
  }
}

export class FakeRouter extends FakeObject implements MediaRouter {
  readonly rtpCapabilities = CAPABILITIES;
  readonly transports: FakeTransport[] = [];
  readonly producers = new Map<string, FakeProducer>();

  constructor(worker: FakeWorker) {
    super(worker, 'router');
  }

  async createTransport(): Promise<FakeTransport> {
    const transport = await this.worker.answer(() => new FakeTransport(this));
    this.transports.push(transport);
    this.below.add(transport);
    return transport;
  }

  canConsume(producerId: string): boolean {
    return this.producers.has(producerId);
  }
}

export class FakeTransport extends FakeObject implements MediaTransport {
  readonly router: FakeRouter;
  readonly parameters: TransportParameters;
  readonly connects: DtlsParameters[] = [];
  #onEnded = (_why: TransportEnd): void => {};

  constructor(router: FakeRouter) {
    super(router.worker, 'transport');
    this.router = router;
    this.parameters = {
      id: this.id,
      iceParameters: { usernameFragment: 'user', password: 'password' },
      iceCandidates: [],
      dtlsParameters: { fingerprints: [] },
    };
  }

  connect(dtlsParameters: DtlsParameters): Promise<void> {
    return this.worker.answer(() => {
      this.connects.push(dtlsParameters);
    });
  }

  restartIce(): Promise<IceParameters> {
    return this.worker.answer(() => ({ usernameFragment: 'again', password: 'password' }));
  }

  async produce({ paused }: { paused: boolean }): Promise<FakeProducer> {
    const producer = await this.worker.answer(() => new FakeProducer(this.router, paused));
    this.below.add(producer);
    return producer;
  }

  async consume({ producerId }: { producerId: string }): Promise<FakeConsumer> {
    const consumer = await this.worker.answer(() => {
      const producer = this.router.producers.get(producerId);
      if (!producer) throw new ParleyError('not_found');
      return new FakeConsumer(producer);
    });
    this.below.add(consumer);
    return consumer;
  }

  onEnded(listener: (why: TransportEnd) => void): void {
    this.#onEnded = listener;
  }

  /** The client went. */
  end(why: TransportEnd = 'dtls_closed'): void {
    this.#onEnded(why);
  }
}

export class FakeProducer extends FakeObject implements MediaProducer {
  readonly router: FakeRouter;
  readonly consumers = new Set<FakeConsumer>();
  paused: boolean;

  constructor(router: FakeRouter, paused: boolean) {
    super(router.worker, 'producer');
    this.router = router;
    this.paused = paused;
    router.producers.set(this.id, this);
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

  override close(): void {
    super.close();
    this.router.producers.delete(this.id);
    for (const consumer of this.consumers) consumer.producerClosed();
  }
}

export class FakeConsumer extends FakeObject implements MediaConsumer {
  readonly producerId: string;
  readonly rtpParameters = { codecs: [], encodings: [{}] };
  paused = true;
  #onProducerClosed = (): void => {};

  constructor(producer: FakeProducer) {
    super(producer.worker, 'consumer');
    this.producerId = producer.id;
    producer.consumers.add(this);
  }

  resume(): Promise<void> {
    return this.worker.answer(() => {
      this.paused = false;
    });
  }

  onProducerClosed(listener: () => void): void {
    this.#onProducerClosed = listener;
  }

  producerClosed(): void {
    if (this.closed) return;
    this.close();
    this.#onProducerClosed();
  }
}
