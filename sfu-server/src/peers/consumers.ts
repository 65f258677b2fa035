import type { RtpCapabilities } from '@parley/shared/media';
import { ParleyError } from '@parley/shared/protocol';
import type { MediaConsumer, MediaRouter, MediaTransport } from '../media/ports.ts';
import type { Hold } from '../pipes/pipes.ts';
import { Hearing } from './hearing.ts';

/** Ended consumers a peer may still name without that being an error: a resume and a close cross on the way. */
const REMEMBERED = 1_024;

export interface ConsumersOptions {
  transport: MediaTransport;
  /** The router the transport is on. */
  router: MediaRouter;
  /** Has a producer on that router. */
  hold: (producerId: string) => Promise<Hold>;
}

/** What one peer hears: at most one consumer for each producer. */
export class Consumers {
  readonly #options: ConsumersOptions;
  /** By producer; what is still being made counts, so that two requests make one. */
  readonly #byProducer = new Map<string, Promise<Hearing | undefined>>();
  readonly #byId = new Map<string, Hearing>();
  readonly #ended = new Set<string>();
  readonly #withheld = new Set<string>();
  #closed = false;

  constructor(options: ConsumersOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#byId.size;
  }

  /**
   * The present consumer of a producer, or a new, paused one; undefined if the producer went meanwhile, or cannot be
   * decoded.
   */
  async consume(producerId: string, rtpCapabilities: RtpCapabilities): Promise<MediaConsumer | undefined> {
    if (this.#closed) throw new ParleyError('conflict', 'The receive transport is closed.');
    let making = this.#byProducer.get(producerId);
    if (!making) {
      making = this.#make(producerId, rtpCapabilities);
      this.#byProducer.set(producerId, making);
    }
    const forget = () => {
      if (this.#byProducer.get(producerId) === making) this.#byProducer.delete(producerId);
    };
    try {
      const hearing = await making;
      if (!hearing) forget();
      return hearing?.consumer.closed ? undefined : hearing?.consumer;
    } catch (error) {
      forget();
      if (!this.#closed && error instanceof ParleyError && error.code === 'not_found') return undefined;
      throw error;
    }
  }

  async #make(producerId: string, rtpCapabilities: RtpCapabilities): Promise<Hearing | undefined> {
    const { router, transport } = this.#options;
    const hold = await this.#options.hold(producerId);
    try {
      this.#assertOpen();
      if (!router.canConsume(producerId, rtpCapabilities)) {
        hold.release();
        return undefined;
      }
      const consumer = await transport.consume({ producerId, rtpCapabilities });
      if (this.#closed) consumer.close();
      this.#assertOpen();
      if (consumer.closed) {
        hold.release();
        return undefined;
      }
      const hearing = new Hearing(consumer, hold, this.#withheld.has(producerId));
      this.#byId.set(consumer.id, hearing);
      consumer.onProducerClosed(() => this.#forget(hearing));
      return hearing;
    } catch (error) {
      hold.release();
      throw error;
    }
  }

  /**
   * Lets them send. Those that ended meanwhile are passed over.
   * @throws {ParleyError} `not_found` if an id was never one of this peer's; the others are resumed all the same.
   */
  async resume(consumerIds: readonly string[]): Promise<void> {
    const unknown = consumerIds.filter((id) => !this.#byId.has(id) && !this.#ended.has(id));
    await Promise.all(consumerIds.map((id) => this.#byId.get(id)?.resume()));
    if (unknown.length > 0) throw new ParleyError('not_found', `There is no consumer ${unknown[0]} of yours.`);
  }

  /** Sends nothing of that producer, be it consumed now or later, until told otherwise. */
  async withhold(producerId: string, withheld: boolean): Promise<void> {
    if (withheld) this.#withheld.add(producerId);
    else this.#withheld.delete(producerId);
    for (const hearing of this.#byId.values()) {
      if (hearing.consumer.producerId === producerId) return hearing.withhold(withheld);
    }
  }

  /** Closes the consumers of these producers. */
  drop(isDropped: (producerId: string) => boolean): void {
    for (const hearing of [...this.#byId.values()]) {
      if (!isDropped(hearing.consumer.producerId)) continue;
      hearing.consumer.close();
      this.#forget(hearing);
    }
  }

  /** Forgets them all: what holds them was closed. */
  clear(): void {
    this.#closed = true;
    for (const hearing of this.#byId.values()) hearing.end();
    this.#byProducer.clear();
    this.#byId.clear();
    this.#ended.clear();
    this.#withheld.clear();
  }

  #forget(hearing: Hearing): void {
    const { id, producerId } = hearing.consumer;
    hearing.end();
    this.#byProducer.delete(producerId);
    this.#withheld.delete(producerId);
    if (!this.#byId.delete(id)) return;
    this.#ended.add(id);
    if (this.#ended.size > REMEMBERED) {
      for (const oldest of this.#ended) {
        this.#ended.delete(oldest);
        break;
      }
    }
  }

  #assertOpen(): void {
    if (this.#closed) throw new ParleyError('not_found', 'The peer was closed meanwhile.');
  }
}
