import { ParleyError } from '@parley/shared/protocol';
import type { MediaDirect } from '../ports.ts';
import { FakeConsumer } from './consumer.ts';
import { FakeObject } from './object.ts';
import { FakeProducer } from './producer.ts';
import type { FakeRouter } from './router.ts';

/** Packets sent into one of its producers reach every consumer there is of it, at once. */
export class FakeDirect extends FakeObject implements MediaDirect {
  readonly router: FakeRouter;

  constructor(router: FakeRouter) {
    super(router.worker, 'direct');
    this.router = router;
  }

  async consume(producerId: string, onRtp: (packet: Buffer) => void): Promise<FakeConsumer> {
    const consumer = await this.worker.answer(() => {
      const producer = this.router.producers.get(producerId);
      if (!producer) throw new ParleyError('not_found');
      return new FakeConsumer(producer, { paused: false, onRtp });
    });
    this.below.add(consumer);
    return consumer;
  }

  async produce(): Promise<FakeProducer> {
    const producer = await this.worker.answer(() => new FakeProducer(this.router, false));
    this.below.add(producer);
    return producer;
  }
}
