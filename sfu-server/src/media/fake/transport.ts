import type { DtlsParameters, IceParameters, TransportParameters } from '@parley/shared/media';
import { ParleyError } from '@parley/shared/protocol';
import type { MediaTransport, TransportEnd } from '../ports.ts';
import { FakeConsumer } from './consumer.ts';
import { FakeObject } from './object.ts';
import { FakeProducer } from './producer.ts';
import type { FakeRouter } from './router.ts';

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
  leave(why: TransportEnd = 'dtls_closed'): void {
    this.#onEnded(why);
  }
}
