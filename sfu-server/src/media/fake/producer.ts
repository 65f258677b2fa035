import type { DirectProducer } from '../ports.ts';
import type { FakeConsumer } from './consumer.ts';
import { FakeObject } from './object.ts';
import type { FakePipe } from './pipe.ts';
import type { FakeRouter } from './router.ts';

export class FakeProducer extends FakeObject implements DirectProducer {
  readonly router: FakeRouter;
  readonly consumers = new Set<FakeConsumer>();
  /** The pipe it comes out of. */
  readonly pipe: FakePipe | undefined;
  /** What was sent. */
  readonly sent: Buffer[] = [];
  paused: boolean;

  constructor(router: FakeRouter, paused: boolean, from?: { id: string; pipe: FakePipe }) {
    super(router.worker, 'producer', from?.id);
    this.router = router;
    this.paused = paused;
    this.pipe = from?.pipe;
    router.producers.set(this.id, this);
  }

  /** Whether what is said arrives here: at once, or through a pipe that has it at its other end. */
  get fed(): boolean {
    return !this.closed && (this.pipe === undefined || this.pipe.brings(this.id));
  }

  pause(): Promise<void> {
    return this.#setPaused(true);
  }

  resume(): Promise<void> {
    return this.#setPaused(false);
  }

  #setPaused(paused: boolean): Promise<void> {
    return this.worker.answer(() => {
      if (this.closed || this.paused === paused) return;
      this.paused = paused;
      for (const consumer of this.consumers) consumer.producerWasPaused(paused);
    });
  }

  send(packet: Buffer): void {
    if (this.closed) return;
    this.sent.push(packet);
    for (const consumer of this.consumers) consumer.receive(packet);
  }

  override end(silently: boolean): void {
    if (this.closed) return;
    super.end(silently);
    this.router.producers.delete(this.id);
    if (!silently) for (const consumer of this.consumers) consumer.producerWasClosed();
  }
}
