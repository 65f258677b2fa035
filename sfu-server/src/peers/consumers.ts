import type { RtpCapabilities } from '@parley/shared/media';
import { ParleyError } from '@parley/shared/protocol';
import type { MediaConsumer, MediaTransport } from '../media/ports.ts';

/** Ended consumers a peer may still name without that being an error: a resume and a close cross on the way. */
const REMEMBERED = 1_024;

/** What one peer hears: at most one consumer for each producer. */
export class Consumers {
  readonly #transport: MediaTransport;
  /** By producer; what is still being made counts, so that two requests make one. */
  readonly #byProducer = new Map<string, Promise<MediaConsumer>>();
  readonly #byId = new Map<string, MediaConsumer>();
  readonly #ended = new Set<string>();
  #closed = false;

  constructor(transport: MediaTransport) {
    this.#transport = transport;
  }

  get size(): number {
    return this.#byId.size;
  }

  /** The present consumer of a producer, or a new, paused one; undefined if the producer went meanwhile. */
  async consume(producerId: string, rtpCapabilities: RtpCapabilities): Promise<MediaConsumer | undefined> {
    if (this.#closed) throw new ParleyError('conflict', 'The receive transport is closed.');
    let making = this.#byProducer.get(producerId);
    if (!making) {
      making = this.#make(producerId, rtpCapabilities);
      this.#byProducer.set(producerId, making);
    }
    try {
      const consumer = await making;
      return consumer.closed ? undefined : consumer;
    } catch (error) {
      if (this.#byProducer.get(producerId) === making) this.#byProducer.delete(producerId);
      if (!this.#closed && error instanceof ParleyError && error.code === 'not_found') return undefined;
      throw error;
    }
  }

  async #make(producerId: string, rtpCapabilities: RtpCapabilities): Promise<MediaConsumer> {
    const consumer = await this.#transport.consume({ producerId, rtpCapabilities });
    if (this.#closed) {
      consumer.close();
      throw new ParleyError('not_found', 'The peer was closed meanwhile.');
    }
    this.#byId.set(consumer.id, consumer);
    consumer.onProducerClosed(() => this.#forget(consumer));
    return consumer;
  }

  /**
   * Lets them send. Those that ended meanwhile are passed over.
   * @throws {ParleyError} `not_found` if an id was never one of this peer's; the others are resumed all the same.
   */
  async resume(consumerIds: readonly string[]): Promise<void> {
    const unknown = consumerIds.filter((id) => !this.#byId.has(id) && !this.#ended.has(id));
    const paused = consumerIds.flatMap((id) => this.#byId.get(id) ?? []).filter((consumer) => consumer.paused);
    await Promise.all(
      paused.map((consumer) =>
        consumer.resume().catch((error: unknown) => {
          if (!consumer.closed) throw error;
        }),
      ),
    );
    if (unknown.length > 0) throw new ParleyError('not_found', `There is no consumer ${unknown[0]} of yours.`);
  }

  /** Forgets them all: what holds them was closed. */
  clear(): void {
    this.#closed = true;
    this.#byProducer.clear();
    this.#byId.clear();
    this.#ended.clear();
  }

  #forget(consumer: MediaConsumer): void {
    this.#byProducer.delete(consumer.producerId);
    if (!this.#byId.delete(consumer.id)) return;
    this.#ended.add(consumer.id);
    if (this.#ended.size > REMEMBERED) {
      for (const oldest of this.#ended) {
        this.#ended.delete(oldest);
        break;
      }
    }
  }
}
