import { ParleyError } from '@parley/shared/protocol';
import {
  type MediaPipe,
  type MediaProducer,
  type MediaRouter,
  PIPE_WITHIN_NODE,
  type PipeConsumer,
} from '../media/ports.ts';
import type { Carriage } from './place.ts';

/** Two routers of this node, joined by one pipe for as long as a producer goes through it. */
export class RouterPair {
  readonly #hub: MediaRouter;
  readonly #branch: MediaRouter;
  #link: Promise<Link> | undefined;
  /** Producers on their way, or under way. */
  #users = 0;
  #closed = false;

  constructor(hub: MediaRouter, branch: MediaRouter) {
    this.#hub = hub;
    this.#branch = branch;
  }

  toHub(producerId: string): Promise<Carriage> {
    return this.#carry((link) => link.carry(producerId, link.branch, link.hub));
  }

  fromHub(producerId: string): Promise<Carriage> {
    return this.#carry((link) => link.carry(producerId, link.hub, link.branch));
  }

  close(): void {
    this.#closed = true;
    this.#disconnect();
  }

  async #carry(carry: (link: Link) => Promise<Carriage>): Promise<Carriage> {
    if (this.#closed) throw gone();
    this.#users++;
    try {
      this.#link ??= this.#connect();
      const carriage = await carry(await this.#link);
      carriage.onClosed(() => this.#leave());
      return carriage;
    } catch (error) {
      this.#leave();
      throw error;
    }
  }

  async #connect(): Promise<Link> {
    const made = await Promise.allSettled([
      this.#hub.createPipe(PIPE_WITHIN_NODE),
      this.#branch.createPipe(PIPE_WITHIN_NODE),
    ]);
    const [hub, branch] = made;
    if (hub.status === 'rejected' || branch.status === 'rejected') {
      for (const end of made) if (end.status === 'fulfilled') end.value.close();
      throw hub.status === 'rejected' ? hub.reason : (branch as PromiseRejectedResult).reason;
    }
    const link = new Link(hub.value, branch.value);
    try {
      await Promise.all([hub.value.connect(branch.value.parameters), branch.value.connect(hub.value.parameters)]);
    } catch (error) {
      link.close();
      throw error;
    }
    return link;
  }

  #leave(): void {
    if (--this.#users === 0) this.#disconnect();
  }

  #disconnect(): void {
    const link = this.#link;
    this.#link = undefined;
    // One that is only being made is closed when it is there.
    link?.then(
      (made) => made.close(),
      () => {},
    );
  }
}

/** Both ends of a pipe; when one closes, so does the other. */
class Link {
  readonly hub: MediaPipe;
  readonly branch: MediaPipe;
  readonly #carriages = new Set<PipeCarriage>();
  #closed = false;

  constructor(hub: MediaPipe, branch: MediaPipe) {
    this.hub = hub;
    this.branch = branch;
    for (const end of [hub, branch]) end.onClosed(() => this.close());
    // Its worker may have died before we listened.
    if (hub.closed || branch.closed) this.close();
  }

  async carry(producerId: string, from: MediaPipe, to: MediaPipe): Promise<Carriage> {
    this.#assertOpen();
    const consumer = await from.consume(producerId);
    let producer: MediaProducer;
    try {
      this.#assertOpen();
      // Never paused: a paused producer sends nothing into the pipe anyway, and what follows nobody cannot lag.
      producer = await to.produce({ id: producerId, rtpParameters: consumer.rtpParameters, paused: false });
    } catch (error) {
      consumer.close();
      throw error;
    }
    const carriage = new PipeCarriage(consumer, producer);
    // Either may have gone while the other end was made.
    if (this.#closed || consumer.closed || producer.closed) {
      carriage.close();
      throw gone();
    }
    this.#carriages.add(carriage);
    carriage.onClosed(() => this.#carriages.delete(carriage));
    return carriage;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.hub.close();
    this.branch.close();
    for (const carriage of [...this.#carriages]) carriage.close();
  }

  #assertOpen(): void {
    if (this.#closed) throw gone();
  }
}

class PipeCarriage implements Carriage {
  readonly #consumer: PipeConsumer;
  readonly #producer: MediaProducer;
  readonly #listeners: (() => void)[] = [];
  closed = false;

  constructor(consumer: PipeConsumer, producer: MediaProducer) {
    this.#consumer = consumer;
    this.#producer = producer;
    consumer.onProducerClosed(() => this.close());
  }

  onClosed(listener: () => void): void {
    this.#listeners.push(listener);
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.#producer.close();
    this.#consumer.close();
    for (const listener of this.#listeners) listener();
  }
}

const gone = () => new ParleyError('not_found', 'What the producer was to go through is closed.');
